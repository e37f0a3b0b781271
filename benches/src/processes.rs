//! What a whole process tree costs: CPU time and proportional set size, read from `/proc`.

use std::{collections::HashMap, fs, time::Instant};

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc/<pid>/stat`; fixed at 100 for user space on every Linux we run on (`man 5 proc`, `USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process and all its descendants.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    root: u32,
    with_root: bool,
}

/// CPU seconds a tree has used, with the time of the reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuReading {
    at: Instant,
    seconds: f64,
}

impl CpuReading {
    /// Percent of one core between `self` and a later reading.
    pub(crate) fn percent_until(self, later: Self) -> f64 {
        let elapsed = later.at.duration_since(self.at).as_secs_f64();
        (later.seconds - self.seconds) / elapsed * 100.0
    }
}

impl Tree {
    /// `root` and all below it.
    pub(crate) fn of(root: u32) -> Self {
        Self { root, with_root: true }
    }

    /// All below `root`, a driver that is no part of what is measured.
    pub(crate) fn below(root: u32) -> Self {
        Self { root, with_root: false }
    }

    /// CPU used by all that live now, and by children they have already reaped.
    pub(crate) fn cpu(&self) -> Result<CpuReading> {
        let ticks: u64 = self.members()?.iter().filter_map(|pid| read_stat(*pid)).map(|stat| stat.ticks).sum();
        Ok(CpuReading { at: Instant::now(), seconds: ticks as f64 / TICKS_PER_SECOND })
    }

    /// Proportional set size in MB (10⁶ bytes): shared pages are split among those who share them.
    pub(crate) fn pss_mb(&self) -> Result<f64> {
        let kib: u64 = self.members()?.iter().filter_map(|pid| read_pss_kib(*pid)).sum();
        Ok(kib as f64 * 1024.0 / 1e6)
    }

    fn members(&self) -> Result<Vec<u32>> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in fs::read_dir("/proc").context("no /proc: this benchmark needs Linux")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if let Some(stat) = read_stat(pid) {
                children.entry(stat.parent).or_default().push(pid);
            }
        }
        let mut members = vec![self.root];
        let mut next = 0;
        while next < members.len() {
            members.extend(children.remove(&members[next]).unwrap_or_default());
            next += 1;
        }
        if !self.with_root {
            members.remove(0);
        }
        Ok(members)
    }
}

struct Stat {
    parent: u32,
    ticks: u64,
}

/// `None` for a process that has just ended.
fn read_stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in parentheses may hold spaces and parentheses: fields are counted from the last `)`.
fn parse_stat(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    // Fields 4 (ppid) and 14..=17 (utime, stime, cutime, cstime) of proc(5); the first after `)` is field 3.
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, ticks })
}

fn read_pss_kib(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    rollup.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = parse_stat("7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 1 0").unwrap();
        assert_eq!((stat.parent, stat.ticks), (3, 50 + 60 + 7 + 8));
    }

    #[test]
    fn this_process_has_memory_and_used_time() {
        let tree = Tree::of(std::process::id());
        assert!(tree.pss_mb().unwrap() > 0.5);
        assert!(tree.cpu().unwrap().seconds >= 0.0);
    }
}
