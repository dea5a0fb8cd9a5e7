//! A copy of the repository to break.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of the work tree without what git ignores.
#[derive(Debug)]
pub struct Tree {
    origin: PathBuf,
    root: PathBuf,
}

impl Tree {
    /// A copy of the repository `origin` at `root`, made by the first [`reset`](Self::reset).
    #[must_use]
    pub const fn new(origin: PathBuf, root: PathBuf) -> Self {
        Self { origin, root }
    }

    /// Where the copy is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the copy the same as the repository again. A file that is the same already keeps its time, so that cargo
    /// builds no more than it has to.
    ///
    /// # Panics
    /// When git or a file fails.
    pub fn reset(&self) {
        let sources = self.sources();
        fs::create_dir_all(&self.root).expect("a directory for the copy");
        for stranger in files(&self.root, Path::new("")).difference(&sources) {
            fs::remove_file(self.root.join(stranger)).expect("to remove a file of the copy");
        }
        for file in &sources {
            self.copy(file);
        }
    }

    /// Applies a patch to the copy.
    ///
    /// # Errors
    /// What git says when it does not apply.
    pub fn apply(&self, patch: &Path) -> Result<(), String> {
        let mut git = git(&self.root);
        // the copy lies inside of the repository, and is none
        git.env("GIT_CEILING_DIRECTORIES", parent(&self.root));
        output(git.args(["apply", "--whitespace=nowarn"]).arg(patch)).map(drop)
    }

    /// Files of the copy that are not those of the repository.
    #[must_use]
    pub fn changed(&self) -> Vec<PathBuf> {
        let sources = self.sources();
        let all = files(&self.root, Path::new(""));
        all.union(&sources)
            .filter(|file| {
                fs::read(self.origin.join(file)).ok() != fs::read(self.root.join(file)).ok()
            })
            .cloned()
            .collect()
    }

    /// Every file of the repository.
    fn sources(&self) -> BTreeSet<PathBuf> {
        let listed = output(git(&self.origin).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]));
        let listed = listed.unwrap_or_else(|error| panic!("git ls-files: {error}"));
        listed
            .split_terminator('\0')
            .map(PathBuf::from)
            // one that was deleted is listed still
            .filter(|file| self.origin.join(file).is_file())
            .collect()
    }

    fn copy(&self, file: &Path) {
        let (from, to) = (self.origin.join(file), self.root.join(file));
        let contents = fs::read(&from).expect("a readable file");
        if fs::read(&to).is_ok_and(|old| old == contents) {
            return;
        }
        fs::create_dir_all(parent(&to)).expect("a directory of the copy");
        fs::copy(&from, &to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    }
}

fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory);
    git
}

/// All files below `root`, relative to it.
fn files(root: &Path, directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root.join(directory)).expect("a directory of the copy") {
        let entry = entry.expect("a readable directory");
        let path = directory.join(entry.file_name());
        if entry.path().is_dir() {
            found.extend(files(root, &path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn parent(path: &Path) -> &Path {
    path.parent().expect("a path below the copy")
}

/// What a command prints, or what it says when it fails.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
