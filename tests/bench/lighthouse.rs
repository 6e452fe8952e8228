//! The pages as Lighthouse sees them from a phone on a slow network, which it simulates: score, largest paint, and for how
//! long nothing could be tapped.

use std::process::Command;

use spotlight_tests::process;
use spotlight_tests::world::Demo;

/// What `tests/browser/lighthouse.mjs` prints.
pub fn figure() {
    let browser = process::top().join("tests/browser");
    if !browser.join("node_modules/lighthouse").exists() {
        return println!("Lighthouse is not installed: (cd tests/browser && npm ci)");
    }
    let demo = Demo::with_samples();
    let output = Command::new("node")
        .arg(browser.join("lighthouse.mjs"))
        .arg(&demo.map.url)
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout);
            println!(
                "`spotlight demo`, Lighthouse 12 on a phone, performance of 100: {}",
                said.trim()
            );
        }
        Ok(output) => println!("Lighthouse: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => println!("node does not start: {error}"),
    }
}
