//! An archive on a web server, read by ranges: in blocks, each asked for once, so that neighbouring tiles cost one request.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pmtiles::{AsyncBackend, BackendResponse, PmtError, PmtResult};
use ureq::Agent;
use ureq::http::header;

use super::BasemapError;
use crate::agent::agent;

/// Octets asked for at once, and how many such blocks are kept.
const BLOCK: u64 = 256 << 10;
const KEPT: usize = 64;

/// No answer is longer: a directory or a tile of more is damage.
const MOST: usize = 64 << 20;

const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);
const SILENCE: Duration = Duration::from_secs(60);
const HOPS: u32 = 5;

/// The archive at an address. Blocking: for commands, not for the server.
pub struct Remote {
    agent: Agent,
    address: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Number and octets, the last one used last.
    blocks: VecDeque<(u64, Bytes)>,
    version: Option<String>,
    requests: u64,
    received: u64,
    failure: Option<BasemapError>,
}

impl Remote {
    /// An `http:` or `https:` address.
    pub fn new(address: &str) -> Self {
        Self {
            agent: agent(SILENCE, HOPS),
            address: address.to_owned(),
            state: Mutex::default(),
        }
    }

    /// Requests so far, and octets received.
    pub fn cost(&self) -> (u64, u64) {
        let state = self.state();
        (state.requests, state.received)
    }

    /// Why the last read failed, in our words; the archive's reader has none for it.
    pub fn failure(&self) -> Option<BasemapError> {
        self.state().failure.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn bytes(&self, offset: u64, length: usize) -> Result<Bytes, BasemapError> {
        let mut wanted = BytesMut::new();
        let end = offset.saturating_add(length.min(MOST) as u64);
        let mut at = offset;
        while at < end {
            let number = at / BLOCK;
            let block = self.block(number, (end - 1) / BLOCK)?;
            let from = ((at - number * BLOCK) as usize).min(block.len());
            let to = ((end - number * BLOCK) as usize).min(block.len());
            wanted.extend_from_slice(&block[from..to]);
            if block.len() < BLOCK as usize {
                // The archive ends here.
                break;
            }
            at = (number + 1) * BLOCK;
        }
        Ok(wanted.freeze())
    }

    /// A block; those after it up to `last` that are not here either come with it.
    fn block(&self, number: u64, last: u64) -> Result<Bytes, BasemapError> {
        let mut state = self.state();
        if let Some(at) = state.blocks.iter().position(|(kept, _)| *kept == number) {
            let kept = state.blocks.remove(at).unwrap_or_default();
            state.blocks.push_back(kept.clone());
            return Ok(kept.1);
        }
        let mut until = number;
        while until < last && !state.blocks.iter().any(|(kept, _)| *kept == until + 1) {
            until += 1;
        }
        let received = self.patiently(&mut state, number * BLOCK, (until + 1) * BLOCK - 1)?;
        state.received += received.len() as u64;
        for (n, start) in (number..=until).zip((0..received.len()).step_by(BLOCK as usize)) {
            let end = (start + BLOCK as usize).min(received.len());
            state.blocks.push_back((n, received.slice(start..end)));
        }
        let first = received.slice(..received.len().min(BLOCK as usize));
        while state.blocks.len() > KEPT.max((until - number) as usize + 1) {
            state.blocks.pop_front();
        }
        Ok(first)
    }

    fn patiently(&self, state: &mut State, from: u64, to: u64) -> Result<Bytes, BasemapError> {
        let mut pause = PAUSE;
        for attempt in 1.. {
            state.requests += 1;
            match self.range(state, from, to) {
                Err(BasemapError::Unreachable { .. }) if attempt < TRIES => {
                    std::thread::sleep(pause);
                    pause *= 2;
                }
                done => return done,
            }
        }
        Ok(Bytes::new())
    }

    fn range(&self, state: &mut State, from: u64, to: u64) -> Result<Bytes, BasemapError> {
        let unreachable = |reason: String| BasemapError::Unreachable {
            address: self.address.clone(),
            reason,
        };
        let request = self
            .agent
            .get(&self.address)
            .header(header::RANGE, format!("bytes={from}-{to}"));
        let response = request
            .call()
            .map_err(|error| unreachable(error.to_string()))?;
        match response.status().as_u16() {
            206 => (),
            // Beyond the end.
            416 => return Ok(Bytes::new()),
            200 => return Err(BasemapError::NoRanges(self.address.clone())),
            status => return Err(unreachable(format!("it answered {status}"))),
        }
        let version = [header::ETAG, header::LAST_MODIFIED]
            .iter()
            .find_map(|name| response.headers().get(name)?.to_str().ok())
            .map(str::to_owned);
        if state.version.is_some() && version != state.version {
            return Err(BasemapError::Changed(self.address.clone()));
        }
        state.version = version;
        let most = to - from + 1;
        let mut bytes = Vec::new();
        let mut body = response.into_body().into_reader().take(most);
        body.read_to_end(&mut bytes)
            .map_err(|error| unreachable(error.to_string()))?;
        Ok(Bytes::from(bytes))
    }
}

impl AsyncBackend for &Remote {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        match self.bytes(offset, length) {
            Ok(bytes) => Ok(BackendResponse::new(bytes)),
            Err(error) => {
                self.state().failure = Some(error);
                Err(PmtError::Reading(std::io::Error::other("see the failure")))
            }
        }
    }
}
