import { expect, it } from "vitest";
import type { RoomSummary } from "../types";
import { search } from "./search";

const rooms = ["Product team", "Team Rotterdam", "Eva Březinová"].map(
  (name): RoomSummary => ({
    room_id: name,
    name,
    is_direct: false,
    unread: 0,
    active_call: null,
    last_activity: 0,
    preview: null,
  }),
);
const found = (query: string) => search(rooms, query).map((room) => room.name);

it("finds every word in any order, names that begin with the first one first", () => {
  expect(found("team")).toEqual(["Team Rotterdam", "Product team"]);
  expect(found("TEAM prod")).toEqual(["Product team"]);
  expect(found("nobody")).toEqual([]);
});

it("does not ask for accents", () => {
  expect(found("brezin")).toEqual(["Eva Březinová"]);
});

it("shows all rooms as they are for an empty query", () => {
  expect(found("  ")).toEqual(rooms.map((room) => room.name));
});
