import { Show } from "solid-js";
import { Avatar } from "../Avatar";
import { Icon } from "../icons";
import { Popover } from "../Popover";
import { send } from "../state/session";
import type { Account } from "../types";

export type SignedIn = Extract<Account, { state: "signed_in" }>;

/** Who we are, where, and the way out. */
export function AccountMenu(props: { account: SignedIn }) {
  const unkept = () => (props.account.kept.kind === "memory" ? props.account.kept.reason : undefined);
  return (
    <header class="account">
      <Avatar id={props.account.me.participant_id} name={props.account.me.display_name} />
      <span class="account-lines">
        <span class="strong">{props.account.me.display_name}</span>
        <span class="muted small">{props.account.server.replace(/^https?:\/\//, "").replace(/\/$/, "")}</span>
      </span>
      <Popover label="Account" icon="more" placement="below-end">
        {() => (
          <>
            <p class="small muted">
              {unkept() ? "Your sign-in is kept until you quit." : "Your sign-in is kept in the system keyring."}
            </p>
            <button type="button" class="menu-item" onClick={() => send({ command: "sign_out" })}>
              <Icon name="leave" size={18} />
              Sign out
            </button>
          </>
        )}
      </Popover>
      <Show when={unkept()}>
        {(reason) => (
          <p class="unkept small" data-testid="not-kept">
            <Icon name="info" size={16} />
            <span>
              Your sign-in cannot be kept: {reason().replace(/\.$/, "")}. You will be asked again at the next start.
            </span>
          </p>
        )}
      </Show>
    </header>
  );
}
