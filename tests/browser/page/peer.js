import { Room, RoomEvent, Track } from "/livekit-client.js";
import { watchPicture, watchSound } from "/measure.js";
import { drawPattern } from "/pattern.js";

const STATS_MS = 1000;

const sound = new AudioContext({ sampleRate: 48_000 });
const remotes = new Map();
let room;

const remote = (identity) => {
  if (!remotes.has(identity)) remotes.set(identity, {});
  return remotes.get(identity);
};

globalThis.join = async ({ url, token, devices, width, height, fps, tone, sampleHz }) => {
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  room = new Room({ adaptiveStream: true, dynacast: true });

  room.on(RoomEvent.TrackSubscribed, (track, _publication, { identity }) => {
    const element = track.attach();
    if (track.kind === Track.Kind.Video) {
      document.getElementById("remote").append(element);
      remote(identity).picture = watchPicture(track, element, sampleHz, () =>
        say("first_frame", { identity, ms: since() }),
      );
    } else {
      remote(identity).sound = watchSound(sound, track, () => say("first_sound", { identity, ms: since() }));
    }
  });
  room.on(RoomEvent.TrackUnsubscribed, (track, _publication, { identity }) => {
    for (const element of track.detach()) element.remove();
    if (track.kind === Track.Kind.Video) delete remote(identity).picture;
    else {
      remote(identity).sound?.stop();
      delete remote(identity).sound;
    }
  });
  room.on(RoomEvent.ParticipantConnected, ({ identity }) => say("participant_joined", { identity }));
  room.on(RoomEvent.ParticipantDisconnected, ({ identity }) => {
    remotes.delete(identity);
    say("participant_left", { identity });
  });
  const muted =
    (event) =>
    (publication, { identity }) =>
      say(event, { identity, source: publication.source });
  room.on(RoomEvent.TrackMuted, muted("track_muted"));
  room.on(RoomEvent.TrackUnmuted, muted("track_unmuted"));
  room.on(RoomEvent.Reconnecting, () => say("reconnecting"));
  room.on(RoomEvent.Reconnected, () => say("reconnected"));
  room.on(RoomEvent.Disconnected, (reason) => say("disconnected", { reason: reason ?? null }));

  await room.connect(url, token);
  say("connected", {
    ms: since(),
    identity: room.localParticipant.identity,
    participants: [...room.remoteParticipants.keys()],
  });
  if (devices) {
    await publishDevices(width, height, fps);
  } else {
    if (width > 0) await publishPattern(width, height, fps);
    if (tone > 0) await publishTone(tone);
  }
  say("published", { ms: since() });
  setInterval(tellStats, STATS_MS);
};

globalThis.leave = () => room?.disconnect();

async function publishDevices(width, height, fps) {
  const { localParticipant } = room;
  await localParticipant.setCameraEnabled(true, { resolution: { width, height, frameRate: fps } });
  await localParticipant.setMicrophoneEnabled(true);
  const own = localParticipant.getTrackPublication(Track.Source.Camera)?.track?.attach();
  if (own) document.body.append(Object.assign(own, { id: "own" }));
}

async function publishPattern(width, height, fps) {
  const canvas = drawPattern(width, height, fps);
  canvas.id = "own";
  document.body.append(canvas);
  const [track] = canvas.captureStream(fps).getVideoTracks();
  await room.localParticipant.publishTrack(track, { source: Track.Source.Camera, simulcast: true });
}

async function publishTone(hz) {
  const oscillator = new OscillatorNode(sound, { frequency: hz });
  const volume = new GainNode(sound, { gain: 0.2 });
  const out = sound.createMediaStreamDestination();
  oscillator.connect(volume).connect(out);
  oscillator.start();
  const [track] = out.stream.getAudioTracks();
  await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, dtx: false });
}

async function tellStats() {
  for (const [identity, { picture, sound: heard }] of remotes) {
    say("stats", { identity, ...(await picture?.()), ...heard?.read() });
  }
}
