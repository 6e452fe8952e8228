use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pmtiles::{AsyncPmTilesReader, TileCoord};

use super::*;

fn florence() -> Vec<u8> {
    let file = "../../shared/data/pmtiles_firenze_protomaps_vector_odbl.pmtiles";
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the sample")
}

/// How a server of one file behaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Well,
    WithoutRanges,
    /// Another version from the third request on.
    Replaced,
    /// Every other answer is cut off in its middle.
    Cut,
    Missing,
}

struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
}

/// Serves until the test's process ends; loopback, a free port.
fn serve(file: Vec<u8>, manner: Manner) -> Server {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = format!(
        "http://{}/map.pmtiles",
        listener.local_addr().expect("bound")
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            while let Some(range) = ask(&stream) {
                let n = count.fetch_add(1, Ordering::SeqCst);
                if answer(&stream, &file, range, manner, n).is_none() {
                    break;
                }
            }
        }
    });
    Server { address, asked }
}

fn ask(stream: &TcpStream) -> Option<(usize, usize)> {
    let mut range = (0, usize::MAX);
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?.to_lowercase();
        if line.is_empty() {
            return Some(range);
        }
        if let Some(bytes) = line.strip_prefix("range: bytes=") {
            let (from, to) = bytes.split_once('-')?;
            range = (from.parse().ok()?, to.parse().ok()?);
        }
    }
    None
}

/// `None` where the connection ends with it.
fn answer(
    mut stream: &TcpStream,
    file: &[u8],
    (from, to): (usize, usize),
    manner: Manner,
    n: usize,
) -> Option<()> {
    let end = file.len().min(to.saturating_add(1));
    let version = if manner == Manner::Replaced && n >= 2 {
        "b"
    } else {
        "a"
    };
    let (status, body) = match manner {
        Manner::Missing => ("404 Not Found", &b"no"[..]),
        Manner::WithoutRanges => ("200 OK", file),
        _ if from >= file.len() => ("416 Range Not Satisfiable", &[][..]),
        _ => ("206 Partial Content", &file[from..end]),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"{version}\"\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    if manner == Manner::Cut && n.is_multiple_of(2) {
        stream.write_all(&body[..body.len() / 2]).ok()?;
        let _ = stream.shutdown(std::net::Shutdown::Both);
        return None;
    }
    stream.write_all(body).ok()
}

const MIDDLE: [f64; 4] = [11.24, 43.76, 11.27, 43.78];

fn cut(
    server: &Server,
    bbox: [f64; 4],
    zoom: u8,
) -> (Result<Extract, BasemapError>, PathBuf, Remote) {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let to = folder.join("cut.pmtiles");
    let remote = Remote::new(&server.address);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let result = runtime.expect("a runtime").block_on(extract(
        &remote,
        &server.address,
        bbox,
        zoom,
        &to,
        |_, _| (),
    ));
    (result, to, remote)
}

/// The archive of a file, through a server of its own: the reader that is tested elsewhere.
fn tiles(file: Vec<u8>, coords: &[(u8, u32, u32)]) -> Vec<Option<Vec<u8>>> {
    let server = serve(file, Manner::Well);
    let remote = Remote::new(&server.address);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(async {
        let reader = AsyncPmTilesReader::try_from_source(&remote)
            .await
            .expect("an archive");
        let mut tiles = Vec::new();
        for (z, x, y) in coords {
            let coord = TileCoord::new(*z, *x, *y).expect("a tile");
            let tile = reader.get_tile(coord).await.expect("it is read");
            tiles.push(tile.map(|tile| tile.to_vec()));
        }
        tiles
    })
}

#[test]
fn an_extract_has_the_tiles_of_its_box_and_no_others() {
    let server = serve(florence(), Manner::Well);
    let (result, to, remote) = cut(&server, MIDDLE, 14);
    let extract = result.expect("it is cut");
    let file = std::fs::read(&to).expect("the extract");
    assert_eq!(extract.octets, file.len() as u64);
    assert!(file.len() < florence().len() / 2, "{}", file.len());
    // The box's middle, the world, and Florence's airport, which lies outside it.
    let coords = [(14, 8704, 5972), (0, 0, 0), (14, 8701, 5969)];
    let (whole, part) = (tiles(florence(), &coords), tiles(file, &coords));
    assert!(whole.iter().all(Option::is_some));
    assert_eq!(part[..2], whole[..2]);
    assert_eq!(part[2], None);
    let (requests, received) = remote.cost();
    assert!(
        requests < extract.tiles && received <= florence().len() as u64,
        "{requests}"
    );
    assert_eq!(server.asked.load(Ordering::SeqCst) as u64, requests);
}

#[test]
fn answers_that_are_cut_off_are_asked_for_again() {
    let server = serve(florence(), Manner::Cut);
    let (result, to, _) = cut(&server, MIDDLE, 12);
    result.expect("it is cut");
    assert!(to.exists());
}

#[test]
fn what_cannot_be_cut_says_why_and_leaves_nothing() {
    let check = |server: &Server, bbox, zoom, said: &str| {
        let (result, to, _) = cut(server, bbox, zoom);
        let error = result.expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
        assert!(!to.exists());
    };
    let well = serve(florence(), Manner::Well);
    check(
        &well,
        [2.0, 48.0, 3.0, 49.0],
        14,
        "no tile in this box: it is of 11.154026",
    );
    check(
        &serve(florence(), Manner::WithoutRanges),
        MIDDLE,
        14,
        "does not send parts",
    );
    check(
        &serve(florence(), Manner::Replaced),
        MIDDLE,
        14,
        "was replaced",
    );
    check(
        &serve(florence(), Manner::Missing),
        MIDDLE,
        14,
        "it answered 404",
    );
    check(
        &serve(b"<html>no map</html>".repeat(900), Manner::Well),
        MIDDLE,
        14,
        "no PMTiles archive",
    );
}

#[test]
fn a_box_is_four_numbers_in_order() {
    let check = |text: &str| text.parse::<command::Bbox>();
    assert!(check("-118.67,33.70,-118.15,34.34").is_ok());
    for wrong in [
        "",
        "1,2,3",
        "3,2,1,4",
        "a,b,c,d",
        "-190,0,10,10",
        "0,0,10,NaN",
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
}
