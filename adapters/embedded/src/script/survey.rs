//! Several locks, looked at before any of them is touched.

use super::lua_number;
use super::run::Run;
use crate::answer::Answer;
use crate::failure::Failure;

/// What stands in several locks, by their numbers from 1.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) free: Vec<usize>,
    /// The owner's, with less of their lease left than is asked for.
    pub(super) short: Vec<usize>,
    /// The longest lease of those that are another owner's; below zero, one has no end.
    pub(super) foreign: Option<f64>,
}

impl Survey {
    /// Looks at the locks from 1 to `count`.
    pub(super) fn of(run: &mut Run<'_, '_>, count: f64) -> Result<Self, Failure> {
        let mut survey = Self::default();
        let mut number = 1;
        let mut place = 1.0;
        while place <= count {
            survey.look(run, number)?;
            number += 1;
            place += 1.0;
        }
        Ok(survey)
    }

    fn look(&mut self, run: &mut Run<'_, '_>, number: usize) -> Result<(), Failure> {
        let lock = run.key(number);
        let holder = run.get("KEYS[i]", lock)?;
        let Answer::Integer(left) = run.redis("PTTL", "KEYS[i]", &[lock])? else {
            return Ok(());
        };
        let left = lua_number::of(left);
        match holder {
            None => self.free.push(number),
            Some(holder) if run.argument(1) != Some(&holder) => {
                let longest = self.foreign.unwrap_or(0.0);
                let longer = left < 0.0 || longest >= 0.0 && left > longest;
                self.foreign = Some(if longer { left } else { longest });
            }
            Some(_) => {
                let wanted = run.argument(2).and_then(|lease| lua_number::parse(lease));
                let (left, wanted) = run.comparable(Some(left), wanted, "left < tonumber(")?;
                if left < wanted {
                    self.short.push(number);
                }
            }
        }
        Ok(())
    }

    /// Renews the leases that are too short.
    pub(super) fn lengthen(&self, run: &mut Run<'_, '_>) -> Result<(), Failure> {
        for number in &self.short {
            let (lock, lease) = (run.key(*number), run.argument(2));
            run.redis("PEXPIRE", "KEYS[i]", &[lock, lease])?;
        }
        Ok(())
    }
}
