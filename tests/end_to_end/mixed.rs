//! All intakes at once under SIGKILL: 500 messages by a modem, Twilio, an Android phone, Telnyx, the generic webhook, the spool,
//! smstools3 and gammu-smsd, while edge, hub and broker are killed every few seconds. Each message is one report, no sender is
//! answered twice, and nothing of any of them is left behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use spotlight_tests::gateways::{Gammu, Smsd};
use spotlight_tests::modem::{Options, Simulator};
use spotlight_tests::process::{self, free_port};
use spotlight_tests::random::Random;
use spotlight_tests::scan::{self, Secret};
use spotlight_tests::server::{Asked, Says, Server};
use spotlight_tests::spool::Spool;
use spotlight_tests::twilio::{ACCOUNT, NUMBER, TOKEN, Twilio};
use spotlight_tests::webhooks::{self, Provider, SECRET};
use spotlight_tests::world::{Apart, number, texts_all_over};
use spotlight_tests::{diagnostics, sms, wait};

const MESSAGES: usize = 500;
const KILLS: usize = 20;
const SEED: u64 = 20_261_125;

/// The longest that a message is offered, a kill waits for some to be taken, and the last of them take to arrive.
const PATIENCE: Duration = Duration::from_secs(180);

/// Between the wait for some messages and the kill, so that it meets any step of any line.
const JITTER: Duration = Duration::from_millis(1500);

/// How Twilio calls the node: a proxy's name. What it posts reaches the node's own port.
const PUBLIC_URL: &str = "https://text.example.org";

/// The zone of the time stamps that the daemons get.
const ZONE: &str = "UTC";

/// All that our own code would ever say; tract alone fills megabytes with the network's layers.
const LOG: [(&str, &str); 1] = [("SPOTLIGHT_LOG", "trace,tract=info,mio=info")];

/// How a message comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Modem,
    /// In parts, of which the first comes last.
    ModemParts,
    Spool,
    SpoolPhoto,
    Twilio,
    TwilioPhoto,
    Hook(Provider),
    Smstools,
    Gammu,
}

fn way(n: usize) -> Way {
    match n % 25 {
        0..=5 => Way::Modem,
        6 => Way::ModemParts,
        7..=11 => Way::Twilio,
        12 => Way::TwilioPhoto,
        13..=16 => Way::Hook(Provider::Android),
        17..=18 => Way::Hook(Provider::Telnyx),
        19..=20 => Way::Hook(Provider::Generic),
        21..=22 => Way::Spool,
        23 => Way::SpoolPhoto,
        // The daemons are slow: a message every few seconds.
        _ if (n / 25).is_multiple_of(2) => Way::Smstools,
        _ => Way::Gammu,
    }
}

/// What a provider posts of a message, the same each time.
fn body(provider: Provider, n: usize, text: &str) -> Value {
    match provider {
        Provider::Generic => webhooks::generic(&format!("message{n}"), &number(n), text),
        Provider::Telnyx => webhooks::telnyx(&format!("message{n}"), &number(n), text, &json!([])),
        Provider::Android => {
            let payload = webhooks::android_sms(&number(n), text, &webhooks::local_time());
            webhooks::android(&format!("event{n}"), "sms:received", &payload)
        }
    }
}

/// All that the node is connected to, besides hub and broker.
struct Outside {
    modem: Simulator,
    twilio: Twilio,
    telnyx: Server,
    phone: Server,
    /// Where webhooks go.
    edge: String,
    spool: Spool,
    /// How many answers each sender was sent, by its number.
    answers: Mutex<BTreeMap<String, usize>>,
    /// Webhooks that were answered with 200.
    taken: AtomicUsize,
}

impl Outside {
    fn answered(&self, number: String) {
        *self
            .answers
            .lock()
            .expect("no test panics in it")
            .entry(number)
            .or_insert(0) += 1;
    }

    /// Lets the modem receive a text, its parts in the reverse order.
    fn text(&self, from: usize, text: &str) {
        for pdu in sms::deliver(&number(from), text).iter().rev() {
            self.modem.deliver(pdu).expect("a PDU");
        }
    }

    /// Posts a webhook until it is taken, as its provider does.
    fn post(&self, provider: Provider, n: usize, text: &str) {
        let body = body(provider, n, text);
        wait::until_true("a webhook is taken", PATIENCE, || {
            let Ok(response) = provider.try_send(&self.edge, &body) else {
                return false;
            };
            if response.status == 200 && provider == Provider::Generic {
                // The connection may have broken in the body: then the answer is lost, as it is to a real caller.
                let answer = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
                if answer["answer"].is_string() {
                    self.answered(number(n));
                }
            }
            response.status == 200
        });
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// Twilio's webhook, as often as it comes; what it misses is listed.
    fn call(&self, sid: &str, times: usize) {
        for _ in 0..times {
            let url = format!("{PUBLIC_URL}/twilio");
            let edge = format!("{}/twilio", self.edge);
            let _ = self.twilio.deliver(sid, &url, &edge);
        }
    }

    /// Takes the spool's answers as they come, so that none could replace another unseen.
    fn take_answers(&self, over: &AtomicBool) {
        wait::until_true("the run is over", 4 * PATIENCE, || {
            let done = over.load(Ordering::Relaxed);
            for name in self.spool.answers() {
                let number = name
                    .strip_prefix("message")
                    .and_then(|name| name.strip_suffix(".txt"))
                    .and_then(|n| n.parse().ok())
                    .map(number);
                // What is still being written has another name.
                if let Some(number) = number {
                    fs::remove_file(self.spool.0.join("out").join(name))
                        .expect("an answer can be taken");
                    self.answered(number);
                }
            }
            done
        });
    }
}

/// The end of the run, also by a panic: whoever looks at it ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whom a provider was asked to send to.
fn recipients(server: &Server, recipient: fn(&Asked) -> Value) -> Vec<String> {
    let posted = server.asked().into_iter();
    posted
        .filter(|asked| asked.method == "POST")
        .map(|asked| recipient(&asked).as_str().expect("a number").to_owned())
        .collect()
}

fn configure(apart: &Apart, outside: &Outside, port: u16) {
    let folder = |name: &str| apart.folder().join(name);
    fs::create_dir(folder("secrets")).expect("a folder");
    fs::write(folder("secrets/token"), format!("{TOKEN}\n")).expect("a file");
    fs::write(folder("secrets/secret"), format!("{SECRET}\n")).expect("a file");
    let secret = folder("secrets/secret");
    // Our few pictures come from many numbers, and each is to be a report.
    apart.configure_edge(&format!(
        "[limits]\nphotos_once = false\nanswers_per_month = 100000\n\
         [http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{PUBLIC_URL}\"\n\
         [webhook]\nsecret_file = {secret:?}\n\
         [telnyx]\npublic_key = \"{}\"\napi_key_file = {secret:?}\napi = \"{}\"\n\
         [android]\nsigning_key_file = {secret:?}\nurl = \"{}\"\npassword_file = {secret:?}\n\
         [twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token_file = {:?}\nnumber = \"{NUMBER}\"\napi_url = \"{}\"\npoll = \"1s\"\n\
         [smstools]\nincoming = {:?}\noutgoing = {:?}\ntime_zone = \"{ZONE}\"\n\
         [gammu]\ninbox = {:?}\noutbox = {:?}\ntime_zone = \"{ZONE}\"\n\
         [modem]\nport = {:?}\npoll = \"1s\"\n",
        webhooks::telnyx_public_key(),
        outside.telnyx.url,
        outside.phone.url,
        folder("secrets/token"),
        outside.twilio.url(),
        folder("smstools/incoming"),
        folder("smstools/outgoing"),
        folder("gammu/inbox"),
        folder("gammu/outbox"),
        outside.modem.device(),
    ));
}

#[test]
fn every_intake_at_once_loses_and_doubles_nothing_and_leaves_nothing_behind() {
    let mut random = Random::new(SEED);
    let messages = texts_all_over(MESSAGES);
    let photo =
        fs::read(process::top().join("deploy/box/samples/police-car.jpg")).expect("our own sample");
    let mut apart = Apart::prepare();
    let port = free_port();
    let modem = Simulator::start(Options::default(), &apart.folder().join("dev"));
    let outside = Outside {
        modem: modem.expect("a modem"),
        twilio: Twilio::start(),
        telnyx: Server::start(|_, _| Says::status(200)),
        phone: Server::start(|_, _| Says::status(202)),
        edge: format!("http://127.0.0.1:{port}"),
        spool: Spool(apart.spool.0.clone()),
        answers: Mutex::default(),
        taken: AtomicUsize::new(0),
    };
    configure(&apart, &outside, port);
    let mut smsd = Smsd::start(&apart.folder().join("smstools"), &apart.logs);
    let mut gammu = Gammu::start(&apart.folder().join("gammu"), "unicode", &apart.logs);
    apart.add_node();
    apart.start_hub();
    apart.start_edge_with(&LOG);

    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let end = Over(&over);
        scope.spawn(|| outside.take_answers(&over));
        let senders = std::thread::scope(|scope| {
            let mut posted = 0;
            for kill in 1..=KILLS {
                let new = MESSAGES * (kill - 1) / KILLS..MESSAGES * kill / KILLS;
                for n in new {
                    let (text, outside) = (messages[n].0.as_str(), &outside);
                    match way(n) {
                        Way::Modem => outside.text(n, text),
                        Way::ModemParts => {
                            outside.text(n, &format!("{text} {}", "and many cars ".repeat(14)));
                        }
                        Way::Spool => outside.spool.text(&format!("message{n}"), &number(n), text),
                        Way::SpoolPhoto => {
                            outside
                                .spool
                                .photo(&format!("message{n}"), &number(n), text, &photo);
                        }
                        way @ (Way::Twilio | Way::TwilioPhoto) => {
                            let photos: &[&[u8]] = match way {
                                Way::TwilioPhoto => &[&photo],
                                _ => &[],
                            };
                            let sid = outside.twilio.message(&number(n), text, photos);
                            // One webhook in four is lost, one in four comes twice.
                            let times = [0, 1, 1, 2][random.below(4)];
                            scope.spawn(move || outside.call(&sid, times));
                        }
                        Way::Hook(provider) => {
                            posted += 1;
                            scope.spawn(move || outside.post(provider, n, text));
                        }
                        Way::Smstools => smsd.receive(&format!("message{n}"), &number(n), text),
                        Way::Gammu => gammu.receive(&number(n), text, ZONE),
                    }
                }
                let left = random.below(12);
                if random.below(4) > 0 {
                    wait::until_true("most webhooks so far are taken", PATIENCE, || {
                        outside.taken.load(Ordering::Relaxed) + left >= posted
                    });
                }
                std::thread::sleep(random.time_below(JITTER));
                match kill % 5 {
                    1 => {
                        apart.kill_hub();
                        apart.start_hub_only();
                    }
                    3 => {
                        apart.broker.kill();
                        apart.broker.restart();
                    }
                    _ => {
                        apart.kill_edge();
                        apart.start_edge_with(&LOG);
                    }
                }
            }
            posted
        });
        assert_eq!(outside.taken.load(Ordering::Relaxed), senders);
        smsd.wait_until_read();
        gammu.wait_until_read();
        wait::until_true("every inbox is empty", PATIENCE, || {
            outside.modem.is_empty()
                && outside.spool.waiting().is_empty()
                && outside.twilio.inbox().is_empty()
                && smsd.incoming().is_empty()
                && gammu.inbox().is_empty()
        });
        let data = apart.hub_data();
        wait::until_true("every report is on the hub", PATIENCE, || {
            diagnostics::try_rows(&data, "reports").is_some_and(|rows| rows >= MESSAGES as u64)
        });
        // All answers are out when the daemons have taken theirs and the edge has ended in order.
        let (status, _) = apart.edge.take().expect("it runs").terminate();
        assert_eq!(status.code(), Some(0));
        for folder in ["smstools/outgoing", "smstools/checked", "gammu/outbox"] {
            let folder = apart.folder().join(folder);
            wait::until_true("the daemons have sent their answers", PATIENCE, || {
                fs::read_dir(&folder).is_ok_and(|mut left| left.next().is_none())
            });
        }
        drop(end);
    });
    apart.start_edge();
    apart.map.wait_until_online();
    diagnostics::wait_until_settled(&apart.edge_data());
    assert_eq!(
        outside.twilio.orphans(),
        0,
        "media are deleted with their message"
    );
    for n in 0..MESSAGES {
        let count = match way(n) {
            Way::Smstools => smsd.sent_to(&number(n)).len(),
            Way::Gammu => gammu.sent_to(&number(n)).len(),
            _ => continue,
        };
        for _ in 0..count {
            outside.answered(number(n));
        }
    }
    smsd.stop();
    gammu.stop();
    apart.stop();
    assert_eq!(
        diagnostics::rows(&apart.hub_data(), "reports"),
        MESSAGES as u64,
        "not one too many"
    );

    let by_modem = outside.modem.sent().into_iter().map(|sent| sent.number);
    let sent = outside.twilio.sent().into_iter().map(|(to, _)| to);
    let telnyx = recipients(&outside.telnyx, |asked| asked.json()["to"].clone());
    let phone = recipients(&outside.phone, |asked| {
        asked.json()["phoneNumbers"][0].clone()
    });
    for to in by_modem.chain(sent).chain(telnyx).chain(phone) {
        outside.answered(to);
    }
    let answers = outside.answers.lock().expect("no test panics in it");
    let twice: Vec<_> = answers.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "answered twice: {twice:?}");
    // A kill costs the answers of what is under way, and no more than that.
    let ways = answers.len();
    println!("{ways} of {MESSAGES} senders were answered, each once");
    assert!(ways > MESSAGES / 2, "{ways} answers are too few to tell");
    drop(answers);
    assert_nothing_is_left(&apart, &messages, &photo);
}

/// Every seventh message stands for all: that is some of each way. The inboxes and the daemons' own files are the senders'.
fn assert_nothing_is_left(apart: &Apart, messages: &[(String, String)], photo: &[u8]) {
    let some = || (0..MESSAGES).step_by(7);
    let mut secrets: Vec<Secret> = some().flat_map(|n| scan::number(&number(n))).collect();
    secrets.extend(some().flat_map(|n| scan::text(&messages[n].0)));
    secrets.extend(scan::photo(photo));
    secrets.extend([TOKEN, SECRET].into_iter().flat_map(scan::text));
    let except = ["secrets", "spool", "smstools", "gammu"].map(|name| apart.folder().join(name));
    let except: Vec<&Path> = except.iter().map(PathBuf::as_path).collect();
    let mut files = scan::files(apart.folder(), &except);
    files.retain(|path| !path.to_string_lossy().contains("smsd"));
    for needed in [
        "edge/outbox.redb",
        "hub/hub.redb",
        "mosquitto/mosquitto.db",
        "edge.0.err",
        "hub.0.err",
    ] {
        assert!(
            files.iter().any(|path| path.ends_with(needed)),
            "{needed} is scanned"
        );
    }
    scan::assert_none(&files, &secrets);
}
