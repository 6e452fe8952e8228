//! The network in rten (robertknight/rten, MIT or Apache-2.0), on one thread, its weights packed beforehand.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rten::{Dimension, ModelOptions, RunOptions, ThreadPool, Value};

use super::{median, planes};

/// The median of so many, in milliseconds; the first warms up.
pub fn alone(network: &Path, times: usize) -> f64 {
    let model = ModelOptions::with_all_ops()
        .prepack_weights(true)
        .load_file(network)
        .expect("rten has all of the network's operators");
    let side = match model.input_shape(0).as_deref() {
        Some([_, _, Dimension::Fixed(side), _]) => *side,
        shape => panic!("{shape:?} is not one picture's"),
    };
    let pool = Arc::new(ThreadPool::with_num_threads(1));
    let mut took = (0..=times).map(|_| {
        let input = Value::from_shape([1, 3, side, side], planes(side)).expect("it fits");
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let start = Instant::now();
        model
            .run_one(input.into(), Some(options))
            .expect("the network runs");
        1000.0 * start.elapsed().as_secs_f64()
    });
    took.next();
    median(took)
}
