use super::*;
use spotlight_common::ids::{Epoch, Pseudonym};
use spotlight_common::report::{Evidence, Kind, Report};

use crate::views::fixture;

const NODE: NodeId = NodeId([1; 32]);

fn now() -> Timestamp {
    fixture::at("2026-07-01T22:00:00Z")
}

fn row(lat: f64) -> Received {
    Received {
        node: NODE,
        received_at: Minute::of(now()),
        report: Report {
            id: ReportId::random(),
            seen_at: Minute::of(now()),
            cell: Cell::at(lat, -118.2439, 9).expect("a cell"),
            kind: Kind::Present,
            evidence: Evidence::Text,
            reporter: Pseudonym(1),
            epoch: Epoch(1),
            clock: ClockQuality::Synced,
        },
    }
}

fn state(live: Vec<Received>, withheld: Vec<Received>) -> State {
    let shown = vec![Shown::new(Arc::new(fixture::city()))];
    State::new(shown, Clock::manual(now()), live, withheld)
}

fn picture(state: &State, at: Timestamp) -> Picture {
    state.pictures(at).remove(0)
}

#[test]
fn each_city_shows_its_own_and_now_has_all() {
    let city = |name: &str| Arc::new(City::load(name).expect("loads"));
    let mut home = Shown::new(city("los-angeles"));
    home.coverage = fixture::picture(0).coverage;
    let mut other = Shown::new(city("seattle"));
    other.nodes = Some([NodeId([2; 32])].into());
    let mut there = row(34.0442);
    there.report.cell = Cell::at(47.608, -122.335, 9).expect("a cell");
    let live = vec![row(34.0442), row(34.1), there];
    let clock = Clock::manual(now());
    let mut state = State::new(vec![home, other], clock, live, Vec::new());
    state.online.set_known([NODE, NodeId([2; 32])].into());
    state.apply(Change::Up(NODE, now()));
    let pictures = state.pictures(now());
    let cells = |n: usize| {
        let sightings = pictures[n].sightings.iter();
        sightings.map(|s| s.cell).collect::<BTreeSet<_>>()
    };
    assert_eq!((cells(0).len(), cells(1)), (2, [there.report.cell].into()));
    assert_eq!(pictures[1].sightings[0].label, "near Downtown");
    // Seattle's own node is not up, whoever else is.
    assert!(pictures[0].has_data() && pictures[0].node_online);
    assert!(!pictures[1].node_online && !pictures[1].has_data());
    let now = super::now(now(), true, &pictures);
    assert_eq!((now.sightings.len(), now.complete), (3, true));
    assert_eq!((now.coverage.len(), now.node_online), (1, true));
    state.apply(Change::Up(NodeId([2; 32]), self::now()));
    assert!(state.pictures(self::now())[1].node_online);
}

#[test]
fn what_is_withheld_shows_when_the_clock_is_right_and_is_erased_like_the_rest() {
    let (shown, withheld) = (row(34.0442), row(34.1));
    let mut state = state(vec![shown], vec![withheld]);
    let count = |state: &State| picture(state, now()).sightings.len();
    state.release(ClockQuality::Unsure);
    assert_eq!(count(&state), 1);
    assert!(state.take_erased(now()).is_empty());
    let mut erased = state.take_erased(shown.erased_at());
    erased.sort();
    let mut both = [shown.report.id, withheld.report.id];
    both.sort();
    assert_eq!(erased, both);
    let mut state = self::state(vec![shown], vec![withheld]);
    state.release(ClockQuality::Synced);
    assert_eq!(count(&state), 2);
}

#[test]
fn a_note_of_the_page_goes_with_the_sighting_or_a_new_report_and_ends_nothing() {
    let cell = row(34.0442).report.cell;
    let later = |minutes| now() + jiff::SignedDuration::from_mins(minutes);
    let gone = |state: &State, minutes| {
        let picture = picture(state, later(minutes));
        let sightings = picture.sightings.iter();
        sightings.map(|s| s.reported_gone).collect::<Vec<_>>()
    };
    let mut state = state(vec![row(34.0442)], Vec::new());
    for second in 0..600 {
        let at = later(5) + jiff::SignedDuration::from_secs(second);
        state.left.note(cell, at).expect("noted");
    }
    assert_eq!(gone(&state, 15), [Some(later(5))]);
    assert_eq!(gone(&state, 59), [Some(later(5))]);
    assert!(gone(&state, 60).is_empty(), "it fades in its time");
    // An older report that comes late says nothing against the note; a newer one does.
    let said = |minutes: u32| {
        let mut said = row(34.0442);
        said.report.seen_at.0 += minutes;
        said.received_at.0 += minutes;
        said
    };
    state.add(vec![said(4)]);
    assert_eq!(gone(&state, 15), [Some(later(5))]);
    state.add(vec![said(5)]);
    assert_eq!(gone(&state, 15), [None]);
    assert!(
        state.left.note(cell, later(14)).is_err(),
        "not at once again"
    );
    state.left.note(cell, later(15)).expect("noted");
    assert_eq!(gone(&state, 15), [Some(later(15))]);
    state.left.forget_all_but(std::iter::empty());
    assert_eq!(gone(&state, 15), [None]);
}

#[test]
fn a_text_that_says_gone_counts_before_a_note_of_the_page() {
    let said = row(34.0442);
    let mut gone = said;
    gone.report.id = ReportId::random();
    gone.report.kind = Kind::Gone;
    gone.report.reporter = Pseudonym(2);
    let state = state(vec![said, gone], Vec::new());
    let later = now() + jiff::SignedDuration::from_mins(5);
    state.left.note(said.report.cell, later).expect("noted");
    assert_eq!(
        picture(&state, later).sightings[0].reported_gone,
        Some(now())
    );
}

#[test]
fn a_node_that_was_never_added_makes_no_data_of_nothing() {
    let mut state = state(Vec::new(), Vec::new());
    state.apply(Change::Up(NODE, now()));
    assert!(!picture(&state, now()).node_online);
    state.online.set_known([NODE].into());
    assert!(picture(&state, now()).node_online);
    state.apply(Change::Disconnected);
    assert!(!picture(&state, now()).node_online);
}

#[test]
fn a_picture_of_another_minute_shows_the_same_and_one_that_differs_does_not() {
    let mut state = state(vec![row(34.0442)], Vec::new());
    let first = picture(&state, now());
    let at = |minutes| now() + jiff::SignedDuration::from_mins(minutes);
    assert!(first.shows_the_same(&picture(&state, at(1))));
    assert!(!first.shows_the_same(&picture(&state, at(60))), "it faded");
    state.add(vec![row(34.1)]);
    assert!(!first.shows_the_same(&picture(&state, at(1))));
}
