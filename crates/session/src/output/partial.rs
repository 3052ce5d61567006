//! A sound file that gets its name when it is complete.

use noxrun_media::{AudioWriter, MediaError, WavFormat};
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Written beside its final place. Dropped before [`finish`](Self::finish), it is removed, and what
/// stood in its place stays.
#[derive(Debug)]
pub(super) struct PartialFile {
    /// `None` before it was made and once it was given away to be completed.
    writer: Option<AudioWriter>,
    partial: PathBuf,
    /// The path as it was given.
    path: PathBuf,
    /// Where a link at that path leads.
    target: PathBuf,
    /// Those of the file that is replaced.
    permissions: Option<Permissions>,
    renamed: bool,
}

impl PartialFile {
    pub fn create(
        path: &Path,
        rate: u32,
        channels: usize,
        format: Option<WavFormat>,
    ) -> Result<Self, MediaError> {
        let (target, permissions) = look(path).map_err(|error| sorted(path, error))?;
        let partial = beside(&target).map_err(|error| sorted(path, error))?;
        let mut file = Self {
            writer: None,
            partial,
            path: path.to_path_buf(),
            target,
            permissions,
            renamed: false,
        };
        // Where this fails, dropping `file` removes what `beside` made.
        let writer = AudioWriter::create_at(&file.partial, path, rate, channels, format)?;
        file.writer = Some(writer);
        Ok(file)
    }

    pub fn max_frames(&self) -> u64 {
        self.writer.as_ref().map_or(0, AudioWriter::max_frames)
    }

    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), MediaError> {
        match &mut self.writer {
            Some(writer) => writer.write(interleaved),
            None => Ok(()),
        }
    }

    /// Completes the file and gives it its name, in place of what had it.
    pub fn finish(mut self) -> Result<(), MediaError> {
        if let Some(mut writer) = self.writer.take() {
            writer.finish()?;
        }
        if let Some(permissions) = self.permissions.take() {
            // The sound matters more than its permissions.
            fs::set_permissions(&self.partial, permissions).ok();
        }
        fs::rename(&self.partial, &self.target).map_err(|error| sorted(&self.path, error))?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.renamed {
            // Closed first; some systems do not remove what is open.
            self.writer = None;
            fs::remove_file(&self.partial).ok();
        }
    }
}

/// What is at `path`: whether it may be replaced is known before hours of rendering.
fn look(path: &Path) -> io::Result<(PathBuf, Option<Permissions>)> {
    let there = match fs::metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((path.to_path_buf(), None));
        }
        Err(error) => return Err(error),
    };
    if there.is_dir() {
        let kind = io::ErrorKind::IsADirectory;
        return Err(io::Error::new(kind, "is a folder, not a file"));
    }
    if !there.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    OpenOptions::new().write(true).open(path)?;
    Ok((fs::canonicalize(path)?, Some(there.permissions())))
}

/// A new empty file in the same folder, so that renaming copies nothing.
fn beside(target: &Path) -> io::Result<PathBuf> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    loop {
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!(".noxrun-{}-{made}.partial", std::process::id());
        let partial = target.with_file_name(name);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&partial)
        {
            Ok(_) => return Ok(partial),
            // A process of this number was killed here once.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn sorted(path: &Path, source: io::Error) -> MediaError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => MediaError::NotFound { path },
        io::ErrorKind::PermissionDenied => MediaError::Access { path },
        _ => MediaError::Io { path, source },
    }
}
