//! The app's window, driven from outside as a person would: WebDriver on the app's own webview.

use std::{net::TcpListener, path::Path, time::Duration};

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use xtask::{
    desktop::Desktop,
    lines::Lines,
    paths,
    peers::AppOptions,
    process::{Pipes, Process, wait_until},
};

use crate::{block_on, world::SOON};

/// An app in its window. Dropped, both end.
pub struct Window {
    client: Option<Client>,
    /// Its milestones.
    pub report: Lines,
    // ends the app with it
    _driver: Process,
}

impl Window {
    /// Opens the app; nobody is signed in.
    pub fn open(desktop: &Desktop, options: &AppOptions, directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = desktop.command("WebKitWebDriver");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").arg(format!("--port={port}"));
        let log = directory.join("webdriver.log");
        let mut driver = Process::start("WebKitWebDriver", command, &log, Pipes::default())?;
        wait_until("WebKitWebDriver listens", SOON, || {
            driver.check()?;
            Ok(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
        })?;
        let program = paths::program("scaiwave-calls");
        let app = json!({"binary": program, "args": options.arguments(directory)});
        let wanted =
            Map::from_iter([("browserName".to_owned(), json!("wry")), ("webkitgtk:browserOptions".to_owned(), app)]);
        let client = block_on(async {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(wanted)
                .connect(&format!("http://127.0.0.1:{port}"))
                .await
                .context("the app's window does not open")
        })?;
        Ok(Self { client: Some(client), report: Lines::of(&directory.join("report.jsonl")), _driver: driver })
    }

    /// Signs in as a person does; does not wait for what comes of it.
    pub fn sign_in(&self, server: &str, user: &str, password: &str) -> Result<()> {
        for (field, text) in [("sign-in-server", server), ("sign-in-user", user), ("sign-in-password", password)] {
            self.fill(field, text)?;
        }
        self.click("sign-in-submit")
    }

    /// Replaces what is in a field.
    pub fn fill(&self, test_id: &str, text: &str) -> Result<()> {
        let field = self.find(&by_test_id(test_id), SOON)?;
        block_on(async {
            field.clear().await?;
            field.send_keys(text).await
        })
        .with_context(|| format!("cannot write into {test_id}"))
    }

    /// Clicks the element with this `data-testid`, once it is there.
    pub fn click(&self, test_id: &str) -> Result<()> {
        self.click_at(&by_test_id(test_id))
    }

    /// Clicks what a CSS selector finds, once it is there.
    pub fn click_at(&self, selector: &str) -> Result<()> {
        let element = self.find(selector, SOON)?;
        block_on(element.click()).with_context(|| format!("cannot click {selector}"))
    }

    /// The text of an element, once it is there.
    pub fn text(&self, test_id: &str, at_most: Duration) -> Result<String> {
        self.text_at(&by_test_id(test_id), at_most)
    }

    /// The text of what a CSS selector finds, once it is there.
    pub fn text_at(&self, selector: &str, at_most: Duration) -> Result<String> {
        let element = self.find(selector, at_most)?;
        Ok(block_on(element.text())?)
    }

    /// Waits for what an XPath finds: an element by its text.
    pub fn wait_for_path(&self, path: &str, at_most: Duration) -> Result<()> {
        block_on(self.client()?.wait().at_most(at_most).for_element(Locator::XPath(path)))
            .map(drop)
            .with_context(|| format!("no {path} in the window within {} s", at_most.as_secs()))
    }

    /// Waits until there is no such element.
    pub fn gone(&self, test_id: &str, at_most: Duration) -> Result<()> {
        wait_until(&format!("{test_id} goes"), at_most, || Ok(!self.is_there(test_id)?))
    }

    /// Whether there is such an element now.
    pub fn is_there(&self, test_id: &str) -> Result<bool> {
        Ok(!block_on(self.client()?.find_all(Locator::Css(&by_test_id(test_id))))?.is_empty())
    }

    /// Runs JavaScript in the window.
    pub fn script(&self, script: &str) -> Result<Value> {
        Ok(block_on(self.client()?.execute(script, Vec::new()))?)
    }

    fn find(&self, selector: &str, at_most: Duration) -> Result<Element> {
        let client = self.client()?;
        block_on(client.wait().at_most(at_most).for_element(Locator::Css(selector)))
            .with_context(|| format!("no {selector} in the window within {} s", at_most.as_secs()))
    }

    fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("the window is closed")
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // an app that crashed has no session to close; the test fails by something else then
            let _ = block_on(client.close());
        }
    }
}

fn by_test_id(test_id: &str) -> String {
    format!("[data-testid=\"{test_id}\"]")
}
