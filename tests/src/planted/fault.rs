//! One planted fault: a patch and what has to be said of it.

use std::fs;
use std::path::{Path, PathBuf};

/// A fault and the checks that kill it.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `<area>/<number>-<name>`.
    pub name: String,
    /// The patch, as `git apply` takes it.
    pub patch: PathBuf,
    /// What is broken, in a sentence.
    pub title: String,
    /// Every one of them must fail once the patch is applied.
    pub kills: Vec<Kill>,
}

/// A command that fails because of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// For `sh`, from the top of the repository.
    pub command: String,
    /// Stands in its output if it fails for the right reason.
    pub says: String,
    /// A live campaign: takes long, so it is run on request only.
    pub campaign: bool,
}

impl Fault {
    /// All faults below `directory`, in order.
    ///
    /// # Panics
    /// When a patch can't be read or its header is malformed.
    #[must_use]
    pub fn all(directory: &Path) -> Vec<Self> {
        let mut patches: Vec<PathBuf> = entries(directory)
            .iter()
            .flat_map(|area| entries(area))
            .collect();
        patches.sort();
        patches.iter().map(|patch| Self::read(patch)).collect()
    }

    fn read(patch: &Path) -> Self {
        let text = fs::read_to_string(patch)
            .unwrap_or_else(|error| panic!("{}: {error}", patch.display()));
        Self::parse(patch, &text).unwrap_or_else(|error| panic!("{}: {error}", patch.display()))
    }

    /// Reads the text of a patch. Before the diff stand the title, why it matters, and for each check either
    ///
    /// ```text
    /// Kill: <command>
    /// Says: <a part of its output>
    /// ```
    ///
    /// or `Campaign: <target>`, a fuzz target whose campaign finds the fault within a minute.
    ///
    /// # Errors
    /// What the header lacks.
    pub fn parse(patch: &Path, text: &str) -> Result<Self, String> {
        let (header, _) = text.split_once("\ndiff --git ").ok_or("no diff")?;
        let title = header.lines().next().unwrap_or_default();
        let mut lines = header.lines().skip(1);
        let mut kills = Vec::new();
        while let Some(line) = lines.next() {
            if let Some(target) = line.strip_prefix("Campaign: ") {
                kills.push(Kill {
                    command: format!("fuzz/campaign --seconds 60 --target {target}"),
                    says: format!("{target} crashed"),
                    campaign: true,
                });
            } else if let Some(command) = line.strip_prefix("Kill: ") {
                let says = lines.next().and_then(|line| line.strip_prefix("Says: "));
                kills.push(Kill {
                    command: command.into(),
                    says: says.ok_or("a Kill without its Says")?.into(),
                    campaign: false,
                });
            }
        }
        if title.is_empty() || kills.iter().all(|kill| kill.campaign) {
            return Err("a title and a Kill are needed".into());
        }
        Ok(Self {
            name: name(patch).ok_or("not an area's patch")?,
            patch: patch.to_owned(),
            title: title.into(),
            kills,
        })
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("a readable directory").path())
        .collect()
}

fn name(patch: &Path) -> Option<String> {
    let area = patch.parent()?.file_name()?.to_str()?;
    let stem = patch.file_stem()?.to_str()?;
    Some(format!("{area}/{stem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "\ndiff --git a/file b/file\n";

    fn parse(header: &str) -> Result<Fault, String> {
        Fault::parse(Path::new("core/01-slip.patch"), &[header, DIFF].concat())
    }

    #[test]
    fn a_header_names_its_checks() {
        let fault = parse("A slip.\n\nIt matters.\n\nKill: true\nSays: no\nCampaign: decode\n");
        let fault = fault.unwrap();
        assert_eq!(fault.name, "core/01-slip");
        assert_eq!(fault.title, "A slip.");
        assert_eq!(fault.kills.len(), 2);
        assert_eq!(fault.kills[0].command, "true");
        assert_eq!(fault.kills[0].says, "no");
        assert!(fault.kills[1].campaign);
    }

    #[test]
    fn a_fault_that_nothing_kills_is_none() {
        assert!(parse("A slip.\n").is_err());
        assert!(parse("A slip.\n\nCampaign: decode\n").is_err());
        assert!(parse("A slip.\n\nKill: true\n").is_err());
        assert!(Fault::parse(Path::new("core/01-slip.patch"), "A slip.\n").is_err());
    }
}
