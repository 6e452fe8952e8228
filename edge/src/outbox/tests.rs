use super::*;

fn origin(hash: u32) -> Origin {
    Origin {
        inbox: Inbox::Spool,
        hash,
    }
}

fn entry(byte: u8) -> Entry {
    Entry {
        id: ReportId::random(),
        envelope: vec![byte; 200],
    }
}

fn ids(outbox: &Outbox) -> Vec<ReportId> {
    let mut ids = Vec::new();
    let mut after = Sequence::default();
    while let (entries, Some(next)) = outbox.pending(after, 10).expect("reads") {
        ids.extend(entries.iter().map(|entry| entry.id));
        after = next;
    }
    ids
}

#[tokio::test]
async fn what_is_committed_is_there_after_reopening_until_it_is_settled() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (entry(1), entry(2));
    {
        let outbox = Outbox::open(folder.path()).expect("opens");
        outbox
            .commit(
                vec![first.clone(), second.clone()],
                vec![origin(7), origin(8)],
            )
            .await
            .expect("commits");
        outbox.settle(first.id, None).await;
        outbox.removed(vec![origin(7)]).await;
        outbox.flush().await.expect("writes");
    }
    let outbox = Outbox::open(folder.path()).expect("opens again");
    assert_eq!(ids(&outbox), vec![second.id]);
    assert_eq!(outbox.len(), 1);
    assert_eq!(
        outbox.removals(Inbox::Spool).expect("reads"),
        vec![origin(8)]
    );
    outbox.settle(second.id, Some(Refusal::Old)).await;
    outbox.flush().await.expect("writes");
    outbox.settle(second.id, Some(Refusal::Old)).await;
    outbox.flush().await.expect("writes");
    assert!(outbox.is_empty());
    assert_eq!(
        outbox.refusals().expect("reads"),
        vec![("old".to_owned(), 1)]
    );
}

#[tokio::test]
async fn a_thousand_commits_at_once_all_arrive_and_come_back_in_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = Outbox::open(folder.path()).expect("opens");
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1000u32 {
        let outbox = outbox.clone();
        tasks.spawn(async move {
            let entry = entry(number as u8);
            outbox
                .commit(vec![entry.clone()], vec![origin(number)])
                .await
                .expect("commits");
            entry.id
        });
    }
    let mut expected = tasks.join_all().await;
    let mut found = ids(&outbox);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    for id in expected.iter().step_by(2) {
        outbox.settle(*id, None).await;
    }
    outbox.flush().await.expect("writes");
    assert_eq!(outbox.len(), 500);
    assert_eq!(ids(&outbox).len(), 500);
}

#[tokio::test]
async fn a_second_process_is_told_that_it_is_in_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let _outbox = Outbox::open(folder.path()).expect("opens");
    assert!(matches!(
        Outbox::open(folder.path()),
        Err(OutboxError::InUse(_))
    ));
}

#[tokio::test]
async fn who_only_looks_into_it_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Outbox::open(folder.path()).expect("opens"));
    let path = folder.path().join("outbox.redb");
    let look = loop {
        // The writer of a dropped handle lets go of the file a moment later.
        if let Ok(look) = redb::ReadOnlyDatabase::open(&path) {
            break look;
        }
        tokio::task::yield_now().await;
    };
    let (ends, end) = mpsc::channel();
    let opens = folder.path().to_owned();
    std::thread::spawn(move || ends.send(Outbox::open(&opens).map(drop)));
    // The first of its tries is not its last.
    let early = end.recv_timeout(std::time::Duration::from_millis(200));
    assert!(early.is_err(), "{early:?}");
    drop(look);
    assert!(end.recv().expect("it ends").is_ok());
}

#[tokio::test]
async fn a_months_answers_are_counted_with_their_commit_and_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let (november, december) = (Month(24_322), Month(24_323));
    {
        let outbox = Outbox::open(folder.path()).expect("opens");
        for _ in 0..2 {
            assert!(outbox.set_answer_aside(november, Some(3)));
            let commit = outbox.commit_answered(Vec::new(), Vec::new(), Some(november));
            commit.await.expect("commits");
        }
        // Set aside and never committed: it does not leave, and after a crash it is not counted.
        assert!(outbox.set_answer_aside(november, Some(3)));
        assert!(!outbox.set_answer_aside(november, Some(3)));
    }
    let outbox = Outbox::open(folder.path()).expect("opens again");
    assert_eq!(outbox.answers(november), 2);
    assert!(outbox.set_answer_aside(november, Some(3)));
    assert!(!outbox.set_answer_aside(november, Some(3)));
    // The next month begins anew, and a clock that is set back does not bring the last one again.
    assert_eq!(outbox.answers(december), 0);
    assert!(outbox.set_answer_aside(december, Some(1)));
    assert!(!outbox.set_answer_aside(november, Some(1)));
    assert!(outbox.set_answer_aside(december, None));
}
