//! A mail server.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kit::{Error, Outside, OutsideOptions, Result};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor, transport::smtp};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Mailer, Outcome};

/// Hands mails to a server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    service: Outside,
    /// Why mails wait since the last try.
    problem: Arc<Mutex<Option<String>>>,
}

impl Smtp {
    /// # Errors
    /// When the address is none.
    pub(super) fn new(url: &SecretString, timeout: Duration) -> Result<Self> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|_| Error::internal("mail.url is no address of a mail server"))?
            .timeout(Some(timeout))
            .build();
        let options = OutsideOptions { timeout, ..OutsideOptions::default() };
        Ok(Self { transport, service: Outside::new("mail server", options), problem: Arc::default() })
    }
}

/// What the server said of one mail: not a failure of the server.
enum Said {
    Taken,
    NotNow(String),
    Never(String),
}

/// What the server says has a code; its words may hold addresses and stay out.
fn said(answer: Result<smtp::response::Response, smtp::Error>) -> Result<Said, String> {
    match answer {
        Ok(_) => Ok(Said::Taken),
        Err(error) => match error.status() {
            Some(code) if error.is_permanent() && !is_about_us(&code.to_string()) => {
                Ok(Said::Never(format!("refused with {code}")))
            }
            // 421: the server itself is about to go.
            Some(code) if error.is_transient() && code.to_string() != "421" => {
                Ok(Said::NotNow(format!("put off with {code}")))
            }
            _ => Err(error.to_string()),
        },
    }
}

/// The server does not know us: no reason to give up a mail.
fn is_about_us(code: &str) -> bool {
    ["530", "534", "535", "538"].contains(&code)
}

#[async_trait::async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Message, _: &str) -> Outcome {
        let is_plain = mail.envelope().to().iter().all(|to| to.to_string().is_ascii());
        let hand_over = async {
            match self.transport.send(mail.clone()).await {
                // The server speaks no SMTPUTF8: a fact about this address, not about the server.
                Err(error) if error.is_client() && !is_plain => {
                    Ok(Said::Never("the server takes no such address".to_owned()))
                }
                answer => said(answer),
            }
        };
        let answer = self.service.once(hand_over).await;
        let problem = answer.as_ref().err().map(ToString::to_string);
        *self.problem.lock().expect("no code panics while it holds this lock") = problem;
        match answer {
            Ok(Said::Taken) => Outcome::Sent,
            Ok(Said::NotNow(reason)) => Outcome::Later(reason),
            Ok(Said::Never(reason)) => Outcome::Refused(reason),
            Err(error) => Outcome::Later(error.to_string()),
        }
    }

    fn is_real(&self) -> bool {
        true
    }

    fn problem(&self) -> Option<String> {
        self.problem.lock().expect("no code panics while it holds this lock").clone()
    }
}
