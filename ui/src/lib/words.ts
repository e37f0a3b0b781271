// What the states of a call are called in front of people.
import type { CallOutcome, CallPhase, CallType, EndReason, Quality, TimelineItem } from "../types";
import { duration } from "./format";

const KIND: Record<CallType, string> = { audio: "audio call", video: "video call" };

const ENDED: Record<EndReason, string> = {
  ended_by_user: "The call was ended for everyone.",
  all_left: "Everybody has left the call.",
  no_answer: "Nobody answered.",
  declined: "The call was declined.",
  cancelled: "The call was cancelled before anybody answered.",
  initiator_never_joined: "The caller never reached the call.",
  sfu_lost: "The media server lost the call.",
  room_closed: "The room was closed.",
};

/** Why a call is over for us. */
export function outcome(how: CallOutcome): string {
  switch (how.outcome) {
    case "left":
      return "You left the call.";
    case "ended":
      return how.reason === "ended_by_user" && how.by
        ? `${how.by.display_name} ended the call for everyone.`
        : ENDED[how.reason];
    case "removed":
      return "You were taken out of the call: you are no longer a member, or joined again from this device.";
    case "failed":
      return how.message;
  }
}

/** A phase, for the header of the stage and for screen readers. */
export function phase(now: CallPhase, type: CallType): string {
  switch (now.phase) {
    case "starting":
      return `Starting the ${KIND[type]}…`;
    case "ringing_out":
      return "Ringing…";
    case "connecting":
      return "Connecting…";
    case "connected":
      return "In the call";
    case "reconnecting":
      return "Connection lost. Reconnecting…";
    case "ended":
      return outcome(now.outcome);
  }
}

type CallItem = Exclude<TimelineItem, { kind: "message" }>;

/** A call in the timeline: what happened, and how long it was. */
export function timelineCall(item: CallItem, sender: string, isOwn: boolean): { title: string; detail: string } {
  const who = isOwn ? "You" : sender;
  if (item.kind === "call_started") return { title: `${who} started ${article(item.call_type)}`, detail: "" };
  if (item.missed) return { title: `Missed ${KIND[item.call_type]}`, detail: isOwn ? "" : `from ${sender}` };
  const title = `${capital(KIND[item.call_type])} ended`;
  if (item.duration_ms > 0) return { title, detail: duration(item.duration_ms) };
  return { title, detail: lower(ENDED[item.reason].replace(/\.$/, "")) };
}

/** What rings. */
export function ringing(type: CallType): string {
  return type === "video" ? "Incoming video call" : "Incoming audio call";
}

/** A connection worth a mark; nothing for one that is fine. */
export function quality(now: Quality): string | undefined {
  if (now === "poor") return "Poor connection";
  if (now === "lost") return "Connection lost";
  return undefined;
}

const article = (type: CallType) => (type === "audio" ? "an audio call" : "a video call");
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
