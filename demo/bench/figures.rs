//! One line of figures for each round.

use std::fmt;

use simulator::Counts;

/// What one round cost.
pub struct Figures {
    /// The round.
    pub name: &'static str,
    /// From asking for the run until nothing is left to do.
    pub seconds: f64,
    /// The least that Graph's four requests at a time allow; `None` where nothing is bound by it.
    pub limit: Option<f64>,
    /// What the tenant counted.
    pub counts: Counts,
    /// The most memory that the handler held so far.
    pub peak_mb: Option<f64>,
    /// Processor time of the handler in this round.
    pub handler_cpu: Option<f64>,
    /// Processor time of the simulated tenant in this round.
    pub simulator_cpu: Option<f64>,
}

impl Figures {
    /// Items created, patched and deleted.
    pub fn writes(&self) -> [u64; 3] {
        let writes = &self.counts.writes;
        [
            writes.contact_creates + writes.event_creates,
            writes.contact_patches + writes.event_patches,
            writes.contact_deletes + writes.event_deletes,
        ]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { name, seconds, counts, .. } = self;
        let [creates, patches, deletes] = self.writes();
        write!(f, "round={name} seconds={seconds:.3}")?;
        if let Some(limit) = self.limit {
            write!(f, " limit={limit:.2} ratio={:.2}", seconds / limit)?;
        }
        write!(
            f,
            " http_calls={} graph_requests={} writes={} creates={creates} patches={patches} deletes={deletes} throttled={}",
            counts.http_calls,
            counts.graph_requests,
            creates + patches + deletes,
            counts.throttled,
        )?;
        for (name, figure) in [
            ("handler_peak_mb", self.peak_mb),
            ("handler_cpu_s", self.handler_cpu),
            ("simulator_cpu_s", self.simulator_cpu),
        ] {
            figure.map_or(Ok(()), |figure| write!(f, " {name}={figure:.2}"))?;
        }
        Ok(())
    }
}
