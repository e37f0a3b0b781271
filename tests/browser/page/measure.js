// What a remote participant looks and sounds like here.
import { barCodeReader } from "/pattern.js";

const AUDIBLE = 0.005;
const FFT = 8192;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

/** Watches a <video>: first frame, then latencies by the bar code, `sampleHz` times a second at most. */
export function watchPicture(track, video, sampleHz, onFirstFrame) {
  const read = barCodeReader(video);
  let latencies = [];
  let nextSample = 0;
  let shown = 0;
  let last = { frames: 0, at: performance.now() };
  const onFrame = (now) => {
    shown += 1;
    if (shown === 1) onFirstFrame();
    if (now >= nextSample) {
      nextSample = now + 1000 / sampleHz;
      const captured = read();
      if (captured !== undefined) latencies.push(Date.now() - captured);
    }
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);

  return async () => {
    const inbound = await inboundStats(track);
    const now = performance.now();
    const decoded = inbound?.framesDecoded ?? 0;
    const fps = ((decoded - last.frames) * 1000) / (now - last.at);
    last = { frames: decoded, at: now };
    const sorted = latencies.sort((a, b) => a - b);
    latencies = [];
    return {
      frames_decoded: decoded,
      frames_shown: shown,
      fps: Math.round(fps * 10) / 10,
      width: video.videoWidth,
      height: video.videoHeight,
      codec_fps: inbound?.framesPerSecond ?? null,
      latency_samples: sorted.length,
      latency_p50_ms: quantile(sorted, 0.5) ?? null,
      latency_p95_ms: quantile(sorted, 0.95) ?? null,
    };
  };
}

async function inboundStats(track) {
  const report = await track.receiver?.getStats();
  return [...(report?.values() ?? [])].find((entry) => entry.type === "inbound-rtp");
}

/** Listens to a track: first sound, then its level (RMS) and strongest frequency. */
export function watchSound(context, track, onFirstSound) {
  const analyser = context.createAnalyser();
  analyser.fftSize = FFT;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
  const samples = new Float32Array(FFT);
  const spectrum = new Float32Array(FFT / 2);
  const level = (count) => {
    analyser.getFloatTimeDomainData(samples);
    const recent = samples.subarray(FFT - count);
    return Math.sqrt(recent.reduce((sum, sample) => sum + sample * sample, 0) / recent.length);
  };
  const waiting = setInterval(() => {
    if (level(480) < AUDIBLE) return;
    clearInterval(waiting);
    onFirstSound();
  }, 5);
  return {
    stop: () => clearInterval(waiting),
    read: () => {
      const loudness = level(FFT);
      analyser.getFloatFrequencyData(spectrum);
      return {
        level: Math.round(loudness * 10_000) / 10_000,
        tone_hz: loudness < AUDIBLE ? null : Math.round(peak(spectrum) * (context.sampleRate / FFT)),
      };
    },
  };
}

// The strongest bin, refined by the parabola through it and its neighbours.
function peak(spectrum) {
  let best = 1;
  for (let i = 2; i < spectrum.length - 1; i++) if (spectrum[i] > spectrum[best]) best = i;
  const [a, b, c] = [spectrum[best - 1], spectrum[best], spectrum[best + 1]];
  const bend = a - 2 * b + c;
  return best + (bend === 0 ? 0 : (0.5 * (a - c)) / bend);
}
