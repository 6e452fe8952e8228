//! MQTT topics. `spotlight/v1/{network}/node/{node}/report|receipt|status` and `spotlight/v1/{network}/now`.

use crate::ids::{Network, NodeId};

/// What a node's topic carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// Edge to hub, QoS 1: a sealed [`crate::report::Report`].
    Report,
    /// Hub to edge, QoS 1: a sealed list of [`crate::receipt::Receipt`].
    Receipt,
    /// Retained JSON, also the last will: [`crate::topic::Status`].
    Status,
}

impl Leaf {
    fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Receipt => "receipt",
            Self::Status => "status",
        }
    }
}

/// A node's retained status. No position. A node that is connected says it anew each minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Status {
    /// Whether it is connected.
    pub online: bool,
    /// When it said so, Unix seconds; a last will has no time. By this a broker's old copy is known for what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
}

/// The topic of one node.
pub fn of_node(network: &Network, node: &NodeId, leaf: Leaf) -> String {
    format!("spotlight/v1/{network}/node/{node}/{}", leaf.as_str())
}

/// The filter that matches this topic of every node.
pub fn of_all_nodes(network: &Network, leaf: Leaf) -> String {
    format!("spotlight/v1/{network}/node/+/{}", leaf.as_str())
}

/// The hub's retained picture of the present.
pub fn now(network: &Network) -> String {
    format!("spotlight/v1/{network}/now")
}

/// The node and the leaf that a topic of this network names.
pub fn parse(network: &Network, topic: &str) -> Option<(NodeId, Leaf)> {
    let rest = topic
        .strip_prefix("spotlight/v1/")?
        .strip_prefix(network.as_str())?
        .strip_prefix("/node/")?;
    let (node, leaf) = rest.split_once('/')?;
    let leaf = [Leaf::Report, Leaf::Receipt, Leaf::Status]
        .into_iter()
        .find(|candidate| candidate.as_str() == leaf)?;
    Some((node.parse().ok()?, leaf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_read_back() {
        let network: Network = "la".parse().expect("a name");
        let node = NodeId([3; 32]);
        for leaf in [Leaf::Report, Leaf::Receipt, Leaf::Status] {
            let topic = of_node(&network, &node, leaf);
            assert_eq!(parse(&network, &topic), Some((node, leaf)));
        }
        let other: Network = "l".parse().expect("a name");
        assert_eq!(parse(&other, &of_node(&network, &node, Leaf::Report)), None);
        assert_eq!(parse(&network, "spotlight/v1/la/now"), None);
        assert_eq!(parse(&network, "spotlight/v1/la/node/xyz/report"), None);
    }

    #[test]
    fn a_status_with_a_time_and_one_without_are_read() {
        let check = |text: &str, online, at| {
            let status: Status = serde_json::from_str(text).expect("a status");
            assert_eq!(status, Status { online, at });
            assert_eq!(serde_json::to_string(&status).expect("written"), text);
        };
        check(
            r#"{"online":true,"at":1764000000}"#,
            true,
            Some(1_764_000_000),
        );
        check(r#"{"online":false}"#, false, None);
    }
}
