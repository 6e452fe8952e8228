use super::*;

const KEY: NodeId = NodeId([0xab; 32]);

fn add(label: &str) -> Question {
    Question::AddNode {
        key: KEY,
        label: label.into(),
    }
}

/// The same questions in the same order, whoever answers.
fn converse_about_nodes(data: &Path) {
    assert_eq!(ask(data, &Question::Nodes).expect("answers"), "");
    assert_eq!(ask(data, &add("roof")).expect("answers"), "");
    let revoke = Question::RevokeNode { key: KEY };
    ask(data, &revoke).expect("answers");
    let nodes = ask(data, &Question::Nodes).expect("answers");
    assert_eq!(
        nodes,
        format!("{{\"key\":\"{KEY}\",\"label\":\"roof\",\"revoked\":true}}\n")
    );
    let unknown = Question::RevokeNode {
        key: NodeId([1; 32]),
    };
    let reason = ask(data, &unknown).expect_err("refused").to_string();
    assert!(reason.contains("no node has the key 0101"), "{reason}");
    let tables = ask(data, &Question::Tables).expect("answers");
    assert!(tables.contains("\"nodes\",\"rows\":1"), "{tables}");
}

struct Hub {
    folder: tempfile::TempDir,
    nodes_changed: Arc<Notify>,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Hub {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // A hub that was killed left its socket.
        drop(std::os::unix::net::UnixListener::bind(socket(folder.path())).expect("binds"));
        let store = Arc::new(Reports::open(folder.path()).expect("opens"));
        let shutdown = CancellationToken::new();
        let nodes_changed = Arc::new(Notify::new());
        let task = tokio::spawn(serve(
            folder.path().to_owned(),
            store,
            nodes_changed.clone(),
            shutdown.clone(),
        ));
        while UnixStream::connect(socket(folder.path())).is_err() {
            tokio::task::yield_now().await;
        }
        Self {
            folder,
            nodes_changed,
            shutdown,
            task,
        }
    }

    /// Off the async threads, as another process would.
    async fn with<T: Send + 'static>(&self, ask: impl FnOnce(&Path) -> T + Send + 'static) -> T {
        let data = self.folder.path().to_owned();
        let asked = tokio::task::spawn_blocking(move || ask(&data));
        asked.await.expect("asks")
    }
}

#[test]
fn a_folder_without_a_hub_answers_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    converse_about_nodes(folder.path());
}

#[tokio::test]
async fn a_running_hub_answers_the_same_and_its_socket_is_its_owners_alone() {
    let hub = Hub::start().await;
    hub.with(converse_about_nodes).await;
    let mode = fs::metadata(socket(hub.folder.path())).expect("it is there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    hub.shutdown.cancel();
    hub.task.await.expect("ends");
    assert!(!socket(hub.folder.path()).exists());
    assert!(!hub.folder.path().join("control.new").exists());
}

#[tokio::test]
async fn bad_questions_get_a_reason_and_a_silent_one_stops_nobody() {
    let hub = Hub::start().await;
    let silent = hub.with(|data| UnixStream::connect(socket(data)).expect("connects"));
    let silent = silent.await;
    for bad in [&b""[..], b"nonsense", &[b'x'; 100_000]] {
        let bad = bad.to_vec();
        // Who writes more than is read may get a reset before the answer.
        let may_be_cut_off = bad.len() > 4096;
        let reason = hub.with(move |data| {
            let mut stream = UnixStream::connect(socket(data)).expect("connects");
            // The hub may stop reading early.
            let _ = stream.write_all(&bad);
            let _ = stream.shutdown(Shutdown::Write);
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            answer
        });
        let reason = reason.await;
        assert!(
            reason.contains("does not know") || may_be_cut_off && reason.is_empty(),
            "{reason}"
        );
    }
    assert_eq!(
        hub.with(|data| ask(data, &add("roof")).expect("answers"))
            .await,
        ""
    );
    let told = tokio::time::timeout(PATIENCE, hub.nodes_changed.notified());
    told.await.expect("the hub hears of a new node");
    drop(silent);
}
