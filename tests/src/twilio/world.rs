//! Twilio with the edge that it calls, the broker and the hub.

use std::fs;
use std::time::Duration;

use super::{ACCOUNT, Answered, NUMBER, SHARED_KEY, TOKEN, Twilio};
use crate::world::Apart;
use crate::{diagnostics, process, wait};

/// The longest that anything may take that works, also while much fails.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// How Twilio calls the node: a proxy's name. What it posts reaches the node's own port.
const PUBLIC_URL: &str = "https://text.example.org";

/// Edge, hub, broker and Twilio.
pub struct World {
    /// The first three.
    pub apart: Apart,
    /// The last.
    pub twilio: Twilio,
    /// Where the edge listens.
    pub edge: String,
}

impl World {
    /// All parts running, and the first listing made; `more` goes into `[twilio]`. Where that sets no `poll`, the next
    /// listing is minutes away: whatever comes is the webhooks' to bring.
    pub fn start(more: &str) -> Self {
        let mut world = Self::prepare(true, more);
        world.start_edge();
        wait::until_true("Twilio's messages are listed", PATIENCE, || {
            world.twilio.listings() > 0
        });
        world
    }

    /// The hub running, the edge not yet.
    pub fn prepare(listens: bool, more: &str) -> Self {
        let mut apart = Apart::prepare();
        let twilio = Twilio::start();
        let port = process::free_port();
        let path = |name: &str| apart.folder().join("secrets").join(name);
        fs::create_dir(apart.folder().join("secrets")).expect("a folder");
        fs::write(path("token"), format!("{TOKEN}\n")).expect("a file");
        fs::write(path("shared"), format!("{SHARED_KEY}\n")).expect("a file");
        // Our few pictures come from many numbers, and each is to be a report.
        apart.configure_edge("[limits]\nphotos_once = false\n");
        if listens {
            apart.configure_edge(&format!(
                "[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{PUBLIC_URL}\"\n"
            ));
        }
        apart.configure_edge(&format!(
            "[twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token_file = {:?}\nshared_key_file = {:?}\nnumber = \"{NUMBER}\"\n\
             api_url = \"{}\"\n{more}\n",
            path("token"),
            path("shared"),
            twilio.url(),
        ));
        apart.add_node();
        apart.start_hub();
        Self {
            apart,
            twilio,
            edge: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Starts the edge and waits until the hub hears it.
    pub fn start_edge(&mut self) {
        self.apart.start_edge();
        self.wait_until_up();
    }

    /// Waits until the hub hears the edge.
    pub fn wait_until_up(&mut self) {
        self.apart.map.wait_until_online();
        let edge = self.apart.edge.as_mut().expect("it was started");
        edge.assert_alive();
    }

    /// The webhook of a message, until the edge answers it with 200.
    pub fn deliver(&self, sid: &str) -> Answered {
        wait::until("the webhook is taken", PATIENCE, || {
            let answered = self.deliver_once(sid).ok()?;
            (answered.status == 200).then_some(answered)
        })
    }

    /// The webhook of a message, once.
    pub fn deliver_once(&self, sid: &str) -> std::io::Result<Answered> {
        self.twilio.deliver(sid, &self.url(), &self.address())
    }

    /// The webhook's address as Twilio knows it.
    pub fn url(&self) -> String {
        format!("{PUBLIC_URL}/twilio")
    }

    /// The same on this machine.
    pub fn address(&self) -> String {
        format!("{}/twilio", self.edge)
    }

    /// Waits until nothing lies at Twilio; each message went with its media, and no credential where it does not belong.
    pub fn wait_until_empty(&self) {
        wait::until_true("Twilio's inbox is empty", PATIENCE, || {
            self.twilio.inbox().is_empty()
        });
        assert_eq!(
            self.twilio.orphans(),
            0,
            "media are deleted with their message"
        );
        assert_eq!(
            self.twilio.leaked(),
            Vec::<String>::new(),
            "no credential reached the media's host"
        );
    }

    /// Ends all, once the outbox is drained of removals too.
    pub fn stop(&mut self) {
        let edge = self.apart.edge_data();
        diagnostics::wait_until_settled(&edge);
        self.apart.stop();
        assert_eq!(diagnostics::outbox(&edge), (0, 0));
    }
}
