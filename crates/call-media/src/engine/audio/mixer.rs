//! One sum of everybody, with a volume each.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{Drops, FRAME, count};

/// Two hundred milliseconds: the SDK has smoothed the network's jitter before.
const RING: usize = 20 * FRAME;
/// A track starts when it has so much, and again after it ran dry: what thread timing needs.
const PRIMED: usize = 2 * FRAME;
/// More than this waiting means that the sender's clock is faster than ours.
const TOO_LATE: usize = 12 * FRAME;

/// A gain that is read while mixing.
#[derive(Clone, Debug)]
pub(crate) struct Gain(Arc<AtomicU32>);

impl Default for Gain {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(1.0_f32.to_bits())))
    }
}

impl Gain {
    pub(crate) fn set(&self, gain: f32) {
        self.0.store(gain.clamp(0.0, 2.0).to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// Where a track puts its samples. Dropped, the track leaves the mix.
pub(crate) struct MixInput {
    ring: Producer<i16>,
    overruns: Arc<AtomicU64>,
}

impl MixInput {
    pub(crate) fn push(&mut self, samples: &[i16]) {
        let (_, dropped) = self.ring.push_partial_slice(samples);
        count(&self.overruns, dropped.len());
    }
}

struct Track {
    ring: Consumer<i16>,
    gain: Gain,
    primed: bool,
}

/// The sum, ten milliseconds at a time.
pub(crate) struct Mixer {
    tracks: Vec<Track>,
    overruns: Arc<AtomicU64>,
    underruns: Arc<AtomicU64>,
    late: Arc<AtomicU64>,
}

impl Mixer {
    pub(crate) fn new(drops: &Drops) -> Self {
        Self {
            tracks: Vec::new(),
            overruns: drops.stage("mix ring full"),
            underruns: drops.stage("mix ring empty"),
            late: drops.stage("mix too late"),
        }
    }

    pub(crate) fn add(&mut self, gain: Gain) -> MixInput {
        let (producer, consumer) = RingBuffer::new(RING);
        self.tracks.push(Track { ring: consumer, gain, primed: false });
        MixInput { ring: producer, overruns: self.overruns.clone() }
    }

    /// Fills `out` with the sum.
    pub(crate) fn mix(&mut self, out: &mut [f32; FRAME]) {
        out.fill(0.0);
        self.tracks.retain(|track| !track.ring.is_abandoned() || !track.ring.is_empty());
        for track in &mut self.tracks {
            let waiting = track.ring.slots();
            if !track.primed && waiting < PRIMED && !track.ring.is_abandoned() {
                continue;
            }
            track.primed = true;
            if waiting > TOO_LATE {
                count(&self.late, discard(&mut track.ring, waiting - PRIMED));
            }
            let taken = add_samples(&mut track.ring, track.gain.get(), out);
            if taken < FRAME {
                track.primed = false;
                count(&self.underruns, FRAME - taken);
            }
        }
        out.iter_mut().for_each(|sample| *sample = limit(*sample));
    }
}

fn discard(ring: &mut Consumer<i16>, samples: usize) -> usize {
    let Ok(chunk) = ring.read_chunk(samples) else { return 0 };
    chunk.commit_all();
    samples
}

fn add_samples(ring: &mut Consumer<i16>, gain: f32, out: &mut [f32; FRAME]) -> usize {
    let samples = ring.slots().min(FRAME);
    let Ok(chunk) = ring.read_chunk(samples) else { return 0 };
    let (first, second) = chunk.as_slices();
    for (sum, &sample) in out.iter_mut().zip(first.iter().chain(second)) {
        *sum += f32::from(sample) / 32_768.0 * gain;
    }
    chunk.commit_all();
    samples
}

/// Leaves what is quiet alone and bends what is loud, so that many voices at once do not crackle.
fn limit(sample: f32) -> f32 {
    const KNEE: f32 = 0.8;
    let over = sample.abs() - KNEE;
    if over <= 0.0 { sample } else { sample.signum() * (KNEE + (1.0 - KNEE) * (over / (1.0 - KNEE)).tanh()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(drops: &Drops, name: &str) -> u64 {
        drops.snapshot().into_iter().find(|(stage, _)| stage == name).map_or(0, |(_, count)| count)
    }

    #[test]
    fn voices_add_up_by_their_gains() {
        let drops = Drops::default();
        let mut mixer = Mixer::new(&drops);
        let (loud, quiet) = (Gain::default(), Gain::default());
        quiet.set(0.5);
        let (mut a, mut b) = (mixer.add(loud.clone()), mixer.add(quiet));
        let mut out = [0.0; FRAME];
        a.push(&[3_277; 2 * FRAME]);
        b.push(&[6_554; 2 * FRAME]);
        mixer.mix(&mut out);
        assert!(out.iter().all(|sample| (sample - 0.2).abs() < 0.001), "0.1 + 0.5 × 0.2: {}", out[0]);
        loud.set(7.0);
        mixer.mix(&mut out);
        assert!((out[0] - 0.3).abs() < 0.001, "a gain ends at 2: {}", out[0]);
    }

    #[test]
    fn a_sum_beyond_full_scale_is_bent_not_clipped() {
        let mut mixer = Mixer::new(&Drops::default());
        let mut inputs: Vec<MixInput> = (0..4).map(|_| mixer.add(Gain::default())).collect();
        inputs.iter_mut().for_each(|input| input.push(&[30_000; 2 * FRAME]));
        let mut out = [0.0; FRAME];
        mixer.mix(&mut out);
        assert!(out.iter().all(|sample| (0.9..=1.0).contains(sample)));
    }

    #[test]
    fn every_sample_that_is_lost_is_counted() {
        let drops = Drops::default();
        let mut mixer = Mixer::new(&drops);
        let mut input = mixer.add(Gain::default());
        let mut out = [0.0; FRAME];
        input.push(&[1; FRAME]);
        mixer.mix(&mut out);
        assert_eq!(out[0], 0.0, "waits until it is primed");
        input.push(&[1; FRAME + 100]);
        (0..3).for_each(|_| mixer.mix(&mut out));
        assert_eq!(stage(&drops, "mix ring empty"), (FRAME - 100) as u64);
        input.push(&[1; RING + 7]);
        assert_eq!(stage(&drops, "mix ring full"), 7);
        mixer.mix(&mut out);
        assert_eq!(stage(&drops, "mix too late"), (RING - PRIMED) as u64);
    }

    #[test]
    fn a_dropped_input_leaves_when_it_is_played() {
        let mut mixer = Mixer::new(&Drops::default());
        let mut input = mixer.add(Gain::default());
        input.push(&[16_384; FRAME]);
        drop(input);
        let mut out = [0.0; FRAME];
        mixer.mix(&mut out);
        assert_eq!(out[0], 0.5);
        mixer.mix(&mut out);
        assert!(mixer.tracks.is_empty());
    }
}
