import { createEffect, createSignal, on, Show } from "solid-js";
import { Icon, Mark } from "./icons";
import { ask, errorText } from "./state/session";
import type { Account } from "./types";

type Outside = Exclude<Account, { state: "signed_in" }>;

/** Server, name, password. The password never leaves this form but to the shell, and is wiped when it was wrong. */
export function SignIn(props: { account: Outside }) {
  const [server, setServer] = createSignal("");
  const [username, setUsername] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [refused, setRefused] = createSignal<string>();
  let passwordField!: HTMLInputElement;

  const known = () => (props.account.state === "signed_out" ? props.account.server : null);
  createEffect(on(known, (last) => last && server() === "" && setServer(last)));

  const busy = () => props.account.state === "signing_in";
  const error = () => refused() ?? (props.account.state === "signed_out" ? props.account.error : null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy()) return;
    setRefused(undefined);
    try {
      await ask({ command: "sign_in", server: server().trim(), username: username().trim(), password: password() });
    } catch (problem) {
      setRefused(errorText(problem));
      setPassword("");
      passwordField.focus();
    }
  };

  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit} aria-labelledby="sign-in-title" aria-busy={busy()}>
        <header>
          <Mark size={56} />
          <h1 id="sign-in-title">ScaiWave Calls</h1>
          <p class="muted">Sign in with your ScaiWave account.</p>
        </header>
        <label>
          <span>Server</span>
          <input
            type="text"
            inputmode="url"
            autocomplete="url"
            autocapitalize="none"
            spellcheck={false}
            placeholder="chat.example.org"
            required
            data-testid="sign-in-server"
            value={server()}
            onInput={(event) => setServer(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Name</span>
          <input
            type="text"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            data-testid="sign-in-user"
            value={username()}
            onInput={(event) => setUsername(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Password</span>
          <input
            type="password"
            autocomplete="current-password"
            required
            ref={passwordField}
            data-testid="sign-in-password"
            value={password()}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </label>
        <div role="alert">
          <Show when={!busy() && error()}>
            {(text) => (
              <p class="problem" data-testid="sign-in-error">
                <Icon name="alert" size={18} />
                <span>{text()}</span>
              </p>
            )}
          </Show>
        </div>
        <button type="submit" class="primary wide" disabled={busy()} data-testid="sign-in-submit">
          {busy() ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
