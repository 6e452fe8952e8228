//! The port that a modem listens on: found, opened, and held for this process alone.
//!
//! It is given by its path, best one that does not change (`/dev/serial/by-id/...`), or by the modem's USB id; if neither, any
//! modem that is known. A path is resolved and USB is looked through at each opening, so that a modem that was unplugged is
//! found again under its new number.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::OFlags;
use rustix::termios::ioctl_tiocexcl;
use serial2_tokio::SerialPort;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Section;
use super::quirks::{Quirks, UsbId};

/// Why a port cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// There is no such file, or no modem on USB.
    #[error("{0}")]
    NotFound(String),
    /// The system says no.
    #[error("failed to open `{path}`")]
    Open {
        /// Which port.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another program has it.
    #[error("another program uses `{path}`{}", name(.by))]
    InUse {
        /// Which port.
        path: PathBuf,
        /// Which program, where it left its number.
        by: Option<u32>,
    },
}

fn name(by: &Option<u32>) -> String {
    by.map(|process| format!(" (process {process})"))
        .unwrap_or_default()
}

/// An open port.
pub struct Port {
    serial: SerialPort,
    /// Holds the lock.
    _lock: File,
}

/// Where the modem may listen, the best first.
pub fn candidates(section: &Section) -> Result<Vec<PathBuf>, PortError> {
    match &section.port {
        Some(path) => Ok(vec![path.clone()]),
        None => on_usb(Path::new("/sys"), section.usb),
    }
}

/// The ports of the modem with this id, or of all that are known.
fn on_usb(sys: &Path, wanted: Option<UsbId>) -> Result<Vec<PathBuf>, PortError> {
    let mut found: Vec<(usize, u8, PathBuf)> = Vec::new();
    for entry in fs::read_dir(sys.join("class/tty"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let Some((id, interface)) = usb_of(&entry.path().join("device"), sys) else {
            continue;
        };
        let quirks = Quirks::of_usb(id);
        if wanted.map_or(quirks.is_none(), |wanted| wanted != id) {
            continue;
        }
        let hints = quirks.map(|quirks| quirks.interfaces.as_slice());
        let hints = hints.unwrap_or_default();
        let rank = hints.iter().position(|hint| *hint == interface);
        let path = Path::new("/dev").join(entry.file_name());
        found.push((rank.unwrap_or(hints.len()), interface, path));
    }
    found.sort();
    if found.is_empty() {
        let what = match wanted {
            Some(UsbId { vendor, product }) => {
                format!("no modem {vendor:04x}:{product:04x} with a serial port is on USB")
            }
            None => "no modem that is known is on USB".to_owned(),
        };
        return Err(PortError::NotFound(what));
    }
    Ok(found.into_iter().map(|(_, _, path)| path).collect())
}

/// The id and the number of the USB interface that a port is of; `None` if it is of none.
fn usb_of(device: &Path, sys: &Path) -> Option<(UsbId, u8)> {
    let device = device.canonicalize().ok()?;
    let hex = |path: PathBuf| -> Option<u16> {
        u16::from_str_radix(fs::read_to_string(path).ok()?.trim(), 16).ok()
    };
    let mut interface = None;
    for folder in device.ancestors().take_while(|folder| *folder != sys) {
        interface = interface.or(hex(folder.join("bInterfaceNumber")));
        let vendor = hex(folder.join("idVendor"));
        if let Some((vendor, product)) = vendor.zip(hex(folder.join("idProduct"))) {
            let interface = u8::try_from(interface?).ok()?;
            return Some((UsbId { vendor, product }, interface));
        }
    }
    None
}

impl Port {
    /// Opens a port; nobody else can from then on.
    pub fn open(path: &Path, baud: u32) -> Result<Self, PortError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => {
                PortError::NotFound(format!("there is no port `{}`", path.display()))
            }
            io::ErrorKind::ResourceBusy => PortError::InUse {
                path: path.to_owned(),
                by: owner(path),
            },
            _ => PortError::Open {
                path: path.to_owned(),
                source,
            },
        };
        if let Some(by) = owner(path) {
            return Err(PortError::InUse {
                path: path.to_owned(),
                by: Some(by),
            });
        }
        let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits();
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(flags).unwrap_or_default())
            .open(path)
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(failed(io::ErrorKind::ResourceBusy.into()));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let serial = SerialPort::open(path, baud).map_err(failed)?;
        ioctl_tiocexcl(&lock).map_err(|error| failed(error.into()))?;
        Ok(Self {
            serial,
            _lock: lock,
        })
    }
}

/// The process that says by a lock file, as minicom and gammu do, that it has the port, while it runs.
fn owner(path: &Path) -> Option<u32> {
    let path = path.canonicalize().ok()?;
    let lock = format!("LCK..{}", path.file_name()?.to_str()?);
    let text = fs::read_to_string(Path::new("/var/lock").join(lock)).ok()?;
    let process: u32 = text.split_whitespace().next()?.parse().ok()?;
    let runs = Path::new("/proc").join(process.to_string()).exists();
    (runs && process != std::process::id()).then_some(process)
}

impl AsyncRead for Port {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.serial).poll_read(context, buffer)
    }
}

impl AsyncWrite for Port {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.serial).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What is written is the system's.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A `/sys` with a modem of four ports and a serial adapter.
    fn sys(root: &Path, names: [&str; 4]) {
        let device = root.join("devices/usb1/1-1");
        let tty = root.join("class/tty");
        fs::create_dir_all(&tty).expect("made");
        let put = |folder: &Path, files: &[(&str, &str)]| {
            fs::create_dir_all(folder).expect("made");
            for (name, text) in files {
                fs::write(folder.join(name), format!("{text}\n")).expect("written");
            }
        };
        put(&device, &[("idVendor", "2c7c"), ("idProduct", "0125")]);
        for (number, name) in names.iter().enumerate() {
            let interface = device.join(format!("1-1:1.{number}"));
            put(&interface, &[("bInterfaceNumber", &format!("0{number}"))]);
            let port = interface.join(name);
            put(&port, &[]);
            put(&tty.join(name), &[]);
            symlink(port, tty.join(name).join("device")).expect("linked");
        }
        let adapter = root.join("devices/usb1/1-2");
        put(&adapter, &[("idVendor", "0403"), ("idProduct", "6001")]);
        let port = adapter.join("1-2:1.0");
        put(&port, &[("bInterfaceNumber", "00")]);
        put(&tty.join("ttyUSB9"), &[]);
        symlink(port, tty.join("ttyUSB9").join("device")).expect("linked");
        put(&tty.join("tty0"), &[]);
    }

    #[test]
    fn a_modem_is_found_on_usb_whatever_its_numbers() {
        let root = tempfile::tempdir().expect("a folder");
        let paths = |names: &[&str]| -> Vec<_> {
            names
                .iter()
                .map(|name| Path::new("/dev").join(name))
                .collect()
        };
        assert!(matches!(
            on_usb(root.path(), None),
            Err(PortError::NotFound(_))
        ));
        sys(root.path(), ["ttyUSB0", "ttyUSB1", "ttyUSB2", "ttyUSB3"]);
        let id = |text: &str| UsbId::try_from(text.to_owned()).ok();
        let expected = paths(&["ttyUSB2", "ttyUSB3", "ttyUSB0", "ttyUSB1"]);
        assert_eq!(on_usb(root.path(), None).expect("found"), expected);
        assert_eq!(
            on_usb(root.path(), id("2c7c:0125")).expect("found"),
            expected
        );
        assert_eq!(
            on_usb(root.path(), id("0403:6001")).expect("found"),
            paths(&["ttyUSB9"])
        );
        assert!(on_usb(root.path(), id("12d1:1506")).is_err());
        // Unplugged and plugged in again.
        fs::remove_dir_all(root.path().join("class")).expect("removed");
        fs::remove_dir_all(root.path().join("devices")).expect("removed");
        sys(root.path(), ["ttyUSB4", "ttyUSB5", "ttyUSB6", "ttyUSB7"]);
        assert_eq!(
            on_usb(root.path(), None).expect("found")[0],
            Path::new("/dev/ttyUSB6")
        );
    }

    #[tokio::test]
    async fn a_port_is_held_by_one() {
        let missing = Port::open(Path::new("/dev/not-there"), 115_200);
        assert!(matches!(missing, Err(PortError::NotFound(_))));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("no-port");
        fs::write(&file, "").expect("written");
        let error = Port::open(&file, 115_200).err().expect("a file is no port");
        assert!(matches!(error, PortError::Open { .. }), "{error:?}");
    }
}
