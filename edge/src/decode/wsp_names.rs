//! Assigned numbers of WAP-230-WSP, appendix A, and of OMA's registry after it: content types and parameters.

/// Table 40: well-known content types, in the order of their numbers from 0.
const CONTENT_TYPES: [&str; 0x5b] = [
    "*/*",
    "text/*",
    "text/html",
    "text/plain",
    "text/x-hdml",
    "text/x-ttml",
    "text/x-vCalendar",
    "text/x-vCard",
    "text/vnd.wap.wml",
    "text/vnd.wap.wmlscript",
    "text/vnd.wap.wta-event",
    "multipart/*",
    "multipart/mixed",
    "multipart/form-data",
    "multipart/byteranges",
    "multipart/alternative",
    "application/*",
    "application/java-vm",
    "application/x-www-form-urlencoded",
    "application/x-hdmlc",
    "application/vnd.wap.wmlc",
    "application/vnd.wap.wmlscriptc",
    "application/vnd.wap.wta-eventc",
    "application/vnd.wap.uaprof",
    "application/vnd.wap.wtls-ca-certificate",
    "application/vnd.wap.wtls-user-certificate",
    "application/x-x509-ca-cert",
    "application/x-x509-user-cert",
    "image/*",
    "image/gif",
    "image/jpeg",
    "image/tiff",
    "image/png",
    "image/vnd.wap.wbmp",
    "application/vnd.wap.multipart.*",
    "application/vnd.wap.multipart.mixed",
    "application/vnd.wap.multipart.form-data",
    "application/vnd.wap.multipart.byteranges",
    "application/vnd.wap.multipart.alternative",
    "application/xml",
    "text/xml",
    "application/vnd.wap.wbxml",
    "application/x-x968-cross-cert",
    "application/x-x968-ca-cert",
    "application/x-x968-user-cert",
    "text/vnd.wap.si",
    "application/vnd.wap.sic",
    "text/vnd.wap.sl",
    "application/vnd.wap.slc",
    "text/vnd.wap.co",
    "application/vnd.wap.coc",
    "application/vnd.wap.multipart.related",
    "application/vnd.wap.sia",
    "text/vnd.wap.connectivity-xml",
    "application/vnd.wap.connectivity-wbxml",
    "application/pkcs7-mime",
    "application/vnd.wap.hashed-certificate",
    "application/vnd.wap.signed-certificate",
    "application/vnd.wap.cert-response",
    "application/xhtml+xml",
    "application/wml+xml",
    "text/css",
    "application/vnd.wap.mms-message",
    "application/vnd.wap.rollover-certificate",
    "application/vnd.wap.locc+wbxml",
    "application/vnd.wap.loc+xml",
    "application/vnd.syncml.dm+wbxml",
    "application/vnd.syncml.dm+xml",
    "application/vnd.syncml.notification",
    "application/vnd.wap.xhtml+xml",
    "application/vnd.wv.csp.cir",
    "application/vnd.oma.dd+xml",
    "application/vnd.oma.drm.message",
    "application/vnd.oma.drm.content",
    "application/vnd.oma.drm.rights+xml",
    "application/vnd.oma.drm.rights+wbxml",
    "application/vnd.wv.csp+xml",
    "application/vnd.wv.csp+wbxml",
    "application/vnd.syncml.ds.notification",
    "audio/*",
    "video/*",
    "application/vnd.oma.dd2+xml",
    "application/mikey",
    "application/vnd.oma.dcd",
    "application/vnd.oma.dcdc",
    "text/x-vMessage",
    "application/vnd.omads-email+wbxml",
    "text/x-vBookmark",
    "application/vnd.syncml.dm.notification",
    // 0x59 is not assigned.
    UNKNOWN,
    UNKNOWN,
];

/// Octets of no known meaning; 0x5a.
const UNKNOWN: &str = "application/octet-stream";

/// The content type with this number; an unassigned one is [`UNKNOWN`].
pub(super) fn content_type(number: u64) -> &'static str {
    usize::try_from(number)
        .ok()
        .and_then(|number| CONTENT_TYPES.get(number))
        .unwrap_or(&UNKNOWN)
}

/// The number of a content type, if it is well-known; the last, as an unassigned number reads as [`UNKNOWN`].
pub(super) fn content_type_number(name: &str) -> Option<u8> {
    CONTENT_TYPES
        .iter()
        .rposition(|known| known.eq_ignore_ascii_case(name))
        .map(|number| number as u8)
}

/// Table 38: well-known parameters of a content type. Several have two numbers, of an old and a new form of their value.
pub(super) fn parameter(number: u8) -> Option<&'static str> {
    Some(match number {
        0x00 => "q",
        0x01 => "charset",
        0x02 => "level",
        0x03 | 0x09 => "type",
        0x05 | 0x17 => "name",
        0x06 | 0x18 => "filename",
        0x07 => "differences",
        0x08 => "padding",
        0x0a | 0x19 => "start",
        0x0b | 0x1a => "start-info",
        0x0c | 0x1b => "comment",
        0x0d | 0x1c => "domain",
        0x0e => "max-age",
        0x0f | 0x1d => "path",
        0x10 => "secure",
        0x11 => "sec",
        0x12 => "mac",
        0x13 => "creation-date",
        0x14 => "modification-date",
        0x15 => "read-date",
        0x16 => "size",
        _ => return None,
    })
}

/// Whether the value of the parameter with this number is text: name, file name, start, start information, comment, domain, path.
pub(super) fn is_text_parameter(number: u64) -> bool {
    matches!(
        number,
        0x05 | 0x06 | 0x0a..=0x0d | 0x0f | 0x17..=0x1d
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_where_the_registry_has_them() {
        let check = |number: u8, name| {
            assert_eq!(content_type(number.into()), name, "{number:#x}");
            assert_eq!(content_type_number(name), Some(number), "{name}");
        };
        check(0x00, "*/*");
        check(0x03, "text/plain");
        check(0x1e, "image/jpeg");
        check(0x33, "application/vnd.wap.multipart.related");
        check(0x3e, "application/vnd.wap.mms-message");
        check(0x4e, "application/vnd.syncml.ds.notification");
        check(0x58, "application/vnd.syncml.dm.notification");
        check(0x5a, "application/octet-stream");
        assert_eq!(content_type(0x59), "application/octet-stream");
        assert_eq!(content_type(0x5b), "application/octet-stream");
    }
}
