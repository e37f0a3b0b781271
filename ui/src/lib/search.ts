import type { RoomSummary } from "../types";

const folded = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** Rooms whose name holds every word of the query, accents and case aside; order kept, names that begin with it first. */
export function search(rooms: readonly RoomSummary[], query: string): RoomSummary[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const [first] = words;
  if (first === undefined) return [...rooms];
  const hits = rooms.filter((room) => {
    const name = folded(room.name);
    return words.every((word) => name.includes(word));
  });
  const begins = (room: RoomSummary) => folded(room.name).startsWith(first);
  return [...hits.filter(begins), ...hits.filter((room) => !begins(room))];
}
