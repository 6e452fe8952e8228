//! Which nodes are up. A status is not signed, so it counts only for a node that the operator added and did not revoke,
//! and only for [`LAPSE`]: a node that is up says so each minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use spotlight_common::ids::NodeId;

/// A node that did not say for so long that it is up is held for gone.
pub const LAPSE: SignedDuration = SignedDuration::from_mins(10);

/// So far ahead of the hub's clock a node's word may be.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// Unknown nodes that are remembered, so that one counts as soon as it is added; of more, the newcomers are not.
const MOST_UNKNOWN: usize = 256;

/// Who may count, and who was heard.
#[derive(Debug, Default)]
pub struct Online {
    known: BTreeSet<NodeId>,
    heard: BTreeMap<NodeId, Timestamp>,
}

impl Online {
    /// Only these may count from now on.
    pub fn set_known(&mut self, known: BTreeSet<NodeId>) {
        self.known = known;
    }

    /// A node was up at an instant.
    pub fn is_up(&mut self, node: NodeId, at: Timestamp, now: Timestamp) {
        if !counts(at, now) {
            return;
        }
        self.heard.retain(|_, heard| counts(*heard, now));
        let has_room = self.known.contains(&node)
            || self.heard.contains_key(&node)
            || self.heard.len() < self.known.len() + MOST_UNKNOWN;
        if has_room {
            let heard = self.heard.entry(node).or_insert(at);
            *heard = at.max(*heard);
        }
    }

    /// A node said that it goes, or its broker did.
    pub fn is_gone(&mut self, node: NodeId) {
        self.heard.remove(&node);
    }

    /// Nothing is known of any node any more.
    pub fn clear(&mut self) {
        self.heard.clear();
    }

    /// Whether a node that may count is up.
    pub fn any(&self, now: Timestamp) -> bool {
        self.any_of(None, now)
    }

    /// Whether one of these is; of any, where none are named.
    pub fn any_of(&self, nodes: Option<&BTreeSet<NodeId>>, now: Timestamp) -> bool {
        let is_meant = |node: &NodeId| nodes.is_none_or(|nodes| nodes.contains(node));
        self.heard
            .iter()
            .any(|(node, heard)| is_meant(node) && self.known.contains(node) && counts(*heard, now))
    }
}

/// Whether what was said at one instant still holds at another.
fn counts(heard: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(heard);
    -AHEAD <= age && age < LAPSE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + 60 * minute).expect("a time")
    }

    fn node(n: u16) -> NodeId {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&n.to_le_bytes());
        NodeId(id)
    }

    #[test]
    fn only_a_node_that_was_added_counts_and_only_until_it_is_revoked() {
        let mut online = Online::default();
        online.is_up(node(1), at(0), at(0));
        assert!(!online.any(at(0)));
        online.set_known(BTreeSet::from([node(1), node(2)]));
        assert!(online.any(at(0)), "it was up before it was added");
        online.set_known(BTreeSet::from([node(2)]));
        assert!(!online.any(at(0)));
        online.is_up(node(2), at(0), at(0));
        assert!(online.any(at(0)));
        online.is_gone(node(2));
        assert!(!online.any(at(0)));
    }

    #[test]
    fn a_word_lapses_unless_it_is_renewed_and_an_old_or_early_one_never_counts() {
        let mut online = Online::default();
        online.set_known(BTreeSet::from([node(1)]));
        online.is_up(node(1), at(0), at(0));
        assert!(online.any(at(9)) && !online.any(at(10)));
        online.is_up(node(1), at(9), at(9));
        assert!(online.any(at(18)) && !online.any(at(19)));
        // What a broker kept from before is of its own time, and takes nothing back.
        online.is_up(node(1), at(5), at(9));
        assert!(online.any(at(18)));
        online.clear();
        online.is_up(node(1), at(0), at(10));
        online.is_up(node(1), at(60), at(10));
        assert!(!online.any(at(10)) && !online.any(at(60)));
    }

    #[test]
    fn any_number_of_strangers_takes_little_room_and_keeps_nobody_out() {
        let mut online = Online::default();
        for n in 0..3_000 {
            online.is_up(node(n), at(0), at(0));
        }
        assert_eq!(online.heard.len(), MOST_UNKNOWN);
        online.set_known(BTreeSet::from([node(5_000)]));
        online.is_up(node(5_000), at(1), at(1));
        assert!(online.any(at(1)));
        online.is_up(node(4_000), at(10), at(10));
        assert_eq!(online.heard.len(), 2, "who lapsed has left");
    }
}
