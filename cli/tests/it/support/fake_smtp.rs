//! A mail server on loopback that speaks ESMTP (RFC 5321) without TLS, asks for a login and keeps what it takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Address, MessageParser, MimeHeaders};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The only login that is let in.
pub const USERNAME: &str = "robot@shop.example";
/// Its password.
pub const PASSWORD: &str = "fake-smtp-password";

/// A mail that was taken.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients: to, cc and bcc.
    pub recipients: Vec<String>,
    /// The addresses in the `To` header.
    pub to: Vec<String>,
    /// The addresses in the `Cc` header.
    pub cc: Vec<String>,
    /// The subject, decoded.
    pub subject: String,
    /// The text, decoded; from the HTML part where there is no other.
    pub text: String,
    /// Names and decoded contents of attachments.
    pub attachments: Vec<(String, String)>,
}

/// A running fake.
pub struct FakeSmtp {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    task: JoinHandle<()>,
}

impl FakeSmtp {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let mails = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&mails);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taken = Arc::clone(&taken);
                // A client that goes away in the middle leaves no mail behind, which is all that matters here.
                tokio::spawn(async move { Session::new(stream, taken).serve().await });
            }
        });
        Self { address, mails, task }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no panic under the lock").clone()
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Session {
    stream: BufReader<TcpStream>,
    mails: Arc<Mutex<Vec<Mail>>>,
    known: bool,
    from: String,
    recipients: Vec<String>,
}

/// What happens after a command.
enum Next {
    Say(&'static str),
    Data,
    Quit,
}

impl Session {
    fn new(stream: TcpStream, mails: Arc<Mutex<Vec<Mail>>>) -> Self {
        Self { stream: BufReader::new(stream), mails, known: false, from: String::new(), recipients: Vec::new() }
    }

    async fn serve(mut self) -> std::io::Result<()> {
        self.say("220 fake.example ESMTP").await?;
        while let Some(line) = self.line().await? {
            match self.command(&line).await? {
                Next::Say(answer) => self.say(answer).await?,
                Next::Data => self.data().await?,
                Next::Quit => return self.say("221 2.0.0 bye").await,
            }
        }
        Ok(())
    }

    async fn command(&mut self, line: &str) -> std::io::Result<Next> {
        let upper = line.to_ascii_uppercase();
        Ok(match upper.split_whitespace().next().unwrap_or_default() {
            "EHLO" => Next::Say("250-fake.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 16777216\r\n250 AUTH PLAIN LOGIN"),
            "HELO" | "NOOP" => Next::Say("250 2.0.0 fine"),
            "RSET" => {
                self.from.clear();
                self.recipients.clear();
                Next::Say("250 2.0.0 fine")
            }
            "AUTH" => self.login(line).await?,
            "MAIL" if !self.known => Next::Say("530 5.7.0 authentication required"),
            "MAIL" => {
                self.from = in_brackets(line);
                Next::Say("250 2.1.0 fine")
            }
            "RCPT" if in_brackets(line).contains('@') => {
                self.recipients.push(in_brackets(line));
                Next::Say("250 2.1.5 fine")
            }
            "RCPT" => Next::Say("553 5.1.3 that is no address"),
            "DATA" if self.recipients.is_empty() => Next::Say("503 5.5.1 nobody to send it to"),
            "DATA" => Next::Data,
            "QUIT" => Next::Quit,
            _ => Next::Say("502 5.5.1 unknown command"),
        })
    }

    async fn login(&mut self, line: &str) -> std::io::Result<Next> {
        let mut words = line.split_whitespace().skip(1);
        let (mechanism, first) = (words.next().unwrap_or_default().to_ascii_uppercase(), words.next().map(str::to_owned));
        let (user, password) = if mechanism == "PLAIN" {
            let answer = self.ask_unless_given(first, "334 ").await?;
            let mut parts = answer.split('\0').skip(1).map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        } else {
            let user = self.ask_unless_given(first, "334 VXNlcm5hbWU6").await?;
            (user, self.ask_unless_given(None, "334 UGFzc3dvcmQ6").await?)
        };
        self.known = user == USERNAME && password == PASSWORD;
        Ok(Next::Say(if self.known { "235 2.7.0 welcome" } else { "535 5.7.8 wrong username or password" }))
    }

    async fn ask_unless_given(&mut self, given: Option<String>, prompt: &str) -> std::io::Result<String> {
        let answer = match given {
            Some(answer) => answer,
            None => {
                self.say(prompt).await?;
                self.line().await?.unwrap_or_default()
            }
        };
        Ok(STANDARD.decode(answer.trim()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
    }

    async fn data(&mut self) -> std::io::Result<()> {
        self.say("354 go on").await?;
        let mut raw = String::new();
        while let Some(line) = self.line().await? {
            if line == "." {
                let mail = read_mail(&raw, std::mem::take(&mut self.from), std::mem::take(&mut self.recipients));
                self.mails.lock().expect("no panic under the lock").push(mail);
                return self.say("250 2.0.0 taken").await;
            }
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            raw.push_str("\r\n");
        }
        Ok(())
    }

    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).await?;
        Ok((read > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{answer}\r\n").as_bytes()).await
    }
}

/// The address in `MAIL FROM:<…>`.
fn in_brackets(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address.to_owned()).unwrap_or_default()
}

fn read_mail(raw: &str, from: String, recipients: Vec<String>) -> Mail {
    let Some(message) = MessageParser::default().parse(raw.as_bytes()) else {
        return Mail { from, recipients, text: raw.to_owned(), ..Mail::default() };
    };
    let addresses = |header: Option<&Address<'_>>| -> Vec<String> {
        header.into_iter().flat_map(Address::iter).filter_map(|addr| addr.address().map(str::to_owned)).collect()
    };
    let attachments = message.attachments().map(|part| {
        let name = part.attachment_name().unwrap_or_default().to_owned();
        (name, String::from_utf8_lossy(part.contents()).into_owned())
    });
    Mail {
        from,
        recipients,
        to: addresses(message.to()),
        cc: addresses(message.cc()),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        attachments: attachments.collect(),
    }
}

#[tokio::test]
async fn a_mail_is_taken_after_a_login_only() {
    let server = FakeSmtp::start().await;
    let mut lines = BufReader::new(TcpStream::connect(server.address()).await.expect("a connection"));
    let login = STANDARD.encode(format!("\0{USERNAME}\0{PASSWORD}"));
    let talk = [
        ("", "220"),
        ("MAIL FROM:<a@x.example>", "530"),
        ("AUTH PLAIN AGEAYg==", "535"),
        (&format!("AUTH PLAIN {login}"), "235"),
        ("MAIL FROM:<a@x.example>", "250"),
        ("DATA", "503"),
        ("RCPT TO:<b@x.example>", "250"),
        ("DATA", "354"),
        ("Subject: Hi\r\nTo: b@x.example\r\n\r\nfirst\r\n..dotted\r\n.", "250"),
        ("QUIT", "221"),
    ];
    for (say, answer) in talk {
        if !say.is_empty() {
            lines.write_all(format!("{say}\r\n").as_bytes()).await.expect("a listening server");
        }
        let mut line = String::new();
        lines.read_line(&mut line).await.expect("an answer");
        assert!(line.starts_with(answer), "{say}: {line}");
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].subject.as_str(), mails[0].recipients.as_slice()), ("Hi", ["b@x.example".to_owned()].as_slice()));
    assert!(mails[0].text.contains("first") && mails[0].text.contains("\n.dotted"), "{:?}", mails[0].text);
}
