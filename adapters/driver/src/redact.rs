//! Node URLs without their secrets, for messages.

/// `url` with what may be a password replaced by `***`.
///
/// Works on text, because also a URL that does not parse must not show its
/// password: everything between `://` and the last `@`, and the value of every
/// query parameter but `db`.
pub(crate) fn redacted(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let rest = match rest.rsplit_once('@') {
        Some((_, rest)) => format!("***@{rest}"),
        None => rest.to_owned(),
    };
    let Some((path, query)) = rest.split_once('?') else {
        return scheme + &rest;
    };
    let parameters: Vec<_> = query.split('&').map(parameter).collect();
    format!("{scheme}{path}?{}", parameters.join("&"))
}

fn parameter(text: &str) -> String {
    match text.split_once('=') {
        Some((name, value)) if name != "db" && !value.is_empty() => format!("{name}=***"),
        Some(_) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_kept() {
        let table = [
            ("redis://a:6379/1", "redis://a:6379/1"),
            ("redis://user:secret@a:6379", "redis://***@a:6379"),
            ("redis://:se/c@r?et@a:6379", "redis://***@a:6379"),
            ("user:secret@a:6379", "***@a:6379"),
            (
                "unix:///s?db=1&user=u&pass=secret",
                "unix:///s?db=1&user=***&pass=***",
            ),
            ("unix:///s?pass=", "unix:///s?pass="),
            ("unix:///s?pass", "unix:///s?pass"),
            ("", ""),
        ];
        for (url, shown) in table {
            assert_eq!(redacted(url), shown);
        }
    }
}
