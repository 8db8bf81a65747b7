//! Processor time.
#![allow(unsafe_code, reason = "the standard library does not tell the processor time of the process")]

use crate::Outcome;
use std::time::Duration;

/// What this process has used so far, all threads together.
pub(crate) fn own() -> Outcome<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock writes into the place that it is given and keeps nothing of it.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if done != 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    Ok(Duration::new(u64::try_from(time.tv_sec)?, u32::try_from(time.tv_nsec)?))
}

/// What another process has used so far, to a hundredth of a second.
pub(crate) fn of(pid: u32) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may hold anything.
    let rest = stat.rsplit_once(')').ok_or("/proc/PID/stat has another form")?.1;
    let ticks: Vec<u64> = rest.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // USER_HZ is 100 on every Linux that Rust has a std for.
    Ok(Duration::from_millis(ticks.iter().sum::<u64>() * 10))
}

/// The memory of a process that is in use now (`VmRSS`), in bytes.
pub(crate) fn resident(pid: u32) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("/proc/PID/status says nothing of VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024)
}
