//! The least of a plan that still breaks what the whole plan breaks.
//!
//! Operations and faults are taken out, many at a time at first: the delta debugging of Zeller and Hildebrandt (2002).
//! That is worth something because what is left happens as it did before. A client without operations is never started,
//! so that with its last operation the client goes as well.

use super::{Invariant, Plan, run};

/// What is left of a plan, by place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Operations.
    pub operations: Vec<usize>,
    /// Faults.
    pub faults: Vec<usize>,
}

impl Kept {
    /// Everything.
    #[must_use]
    pub fn all(plan: &Plan) -> Self {
        Self {
            operations: (0..plan.operations.len()).collect(),
            faults: (0..plan.faults.len()).collect(),
        }
    }

    /// How much it is.
    #[must_use]
    pub fn size(&self) -> usize {
        self.operations.len() + self.faults.len()
    }

    /// The plan with nothing else in it. Places that it does not have are ignored.
    #[must_use]
    pub fn of(&self, plan: &Plan) -> Plan {
        let operations = self.operations.iter();
        let faults = self.faults.iter();
        Plan {
            operations: operations
                .filter_map(|at| plan.operations.get(*at).copied())
                .collect(),
            faults: faults
                .filter_map(|at| plan.faults.get(*at).copied())
                .collect(),
            ..plan.clone()
        }
    }
}

/// Takes out of a plan whatever can be taken out of it so that it still breaks `invariant`.
#[must_use]
pub fn shrink(plan: &Plan, invariant: Invariant) -> Kept {
    let breaks = |kept: &Kept| {
        let violation = run(&kept.of(plan)).violation;
        violation.is_some_and(|violation| violation.invariant == invariant)
    };
    let mut kept = Kept::all(plan);
    loop {
        let before = kept.size();
        let faults = kept.faults.clone();
        kept.operations = reduce(kept.operations, |operations| {
            breaks(&Kept {
                operations: operations.to_vec(),
                faults: faults.clone(),
            })
        });
        let operations = kept.operations.clone();
        kept.faults = reduce(kept.faults, |faults| {
            breaks(&Kept {
                operations: operations.clone(),
                faults: faults.to_vec(),
            })
        });
        if kept.size() == before {
            return kept;
        }
    }
}

/// Takes parts out of a list as long as `enough` says that the rest is enough: first half of it, at last single ones.
fn reduce(mut list: Vec<usize>, enough: impl Fn(&[usize]) -> bool) -> Vec<usize> {
    if enough(&[]) {
        return Vec::new();
    }
    let mut part = list.len().div_ceil(2);
    while part > 0 {
        let mut at = 0;
        while at < list.len() {
            let mut rest = list.clone();
            rest.drain(at..list.len().min(at + part));
            if enough(&rest) {
                list = rest;
            } else {
                at += part;
            }
        }
        part = if part == 1 { 0 } else { part.div_ceil(2) };
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_stays() {
        for needed in [vec![], vec![0], vec![3, 4], vec![0, 17, 99], vec![98, 99]] {
            let enough = |list: &[usize]| needed.iter().all(|one| list.contains(one));
            assert_eq!(reduce((0..100).collect(), enough), needed);
        }
    }
}
