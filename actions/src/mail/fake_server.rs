//! A mail server on loopback for the tests: it speaks ESMTP with AUTH, in the clear, with STARTTLS or over TLS from the
//! start, and misbehaves as it is told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::client::Certificate;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How the server encrypts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    None,
    Upgrade,
    FromTheStart,
}

/// What it does when a mail's text is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Take,
    Refuse,
    HangUp,
    SayNothing,
}

/// A mail that was taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) from: String,
    pub(super) recipients: Vec<String>,
    pub(super) text: String,
    pub(super) encrypted: bool,
}

/// A running server.
pub(super) struct FakeServer {
    pub(super) address: SocketAddr,
    /// The authority that signed its certificate for `mail.test`.
    pub(super) authority: Certificate,
    taken: Arc<Mutex<Vec<Taken>>>,
}

#[derive(Clone)]
struct Behaviour {
    tls: Tls,
    ending: Ending,
    acceptor: TlsAcceptor,
    taken: Arc<Mutex<Vec<Taken>>>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What comes after a session's stream was used up.
enum After {
    Nothing,
    Upgrade(Box<dyn Stream>),
}

impl FakeServer {
    /// Starts one that knows the login `robot` / `hush-hush`.
    pub(super) async fn start(tls: Tls, ending: Ending) -> Self {
        let (acceptor, authority) = identity();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let behaviour = Behaviour { tls, ending, acceptor, taken: Arc::clone(&taken) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let behaviour = behaviour.clone();
                // A client that goes away is nothing to report.
                tokio::spawn(async move { behaviour.connection(stream).await.ok() });
            }
        });
        Self { address, authority, taken }
    }

    /// The mails that it took.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

fn identity() -> (TlsAcceptor, Certificate) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["mail.test".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), Certificate::from_pem(authority.pem().as_bytes()).unwrap())
}

impl Behaviour {
    async fn connection(self, stream: tokio::net::TcpStream) -> std::io::Result<()> {
        if self.tls == Tls::FromTheStart {
            let stream: Box<dyn Stream> = Box::new(self.acceptor.accept(stream).await?);
            return self.session(stream, Said::Greeting, true).await.map(|_| ());
        }
        match self.session(Box::new(stream), Said::Greeting, false).await? {
            After::Nothing => Ok(()),
            After::Upgrade(stream) => {
                let stream: Box<dyn Stream> = Box::new(self.acceptor.accept(stream).await?);
                self.session(stream, Said::Nothing, true).await.map(|_| ())
            }
        }
    }

    async fn session(&self, stream: Box<dyn Stream>, said: Said, encrypted: bool) -> std::io::Result<After> {
        let mut stream = BufReader::new(stream);
        let mut mail = Taken { encrypted, ..Taken::default() };
        let mut known = false;
        if said == Said::Greeting {
            say(&mut stream, "220 mail.test ESMTP").await?;
        }
        loop {
            let Some(line) = line(&mut stream).await? else { return Ok(After::Nothing) };
            let answer = match line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" if self.tls == Tls::Upgrade && !encrypted => "250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN",
                "EHLO" => "250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN",
                "STARTTLS" => {
                    say(&mut stream, "220 go on").await?;
                    return Ok(After::Upgrade(stream.into_inner()));
                }
                "AUTH" => {
                    let given = STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap();
                    known = given == b"\0robot\0hush-hush";
                    // A rude server says the password back.
                    if known { "235 welcome" } else { "535 5.7.8 wrong: hush-wrong" }
                }
                "MAIL" if !known => "530 login first",
                "MAIL" => {
                    mail.from = in_brackets(&line);
                    "250 fine"
                }
                "RCPT" if line.contains("nobody@") => "550 5.1.1 no such user",
                "RCPT" if line.contains("later@") => "451 4.7.1 greylisted",
                "RCPT" => {
                    mail.recipients.push(in_brackets(&line));
                    "250 fine"
                }
                "DATA" => {
                    say(&mut stream, "354 go on").await?;
                    mail.text = text(&mut stream).await?;
                    match self.ending {
                        Ending::HangUp => return Ok(After::Nothing),
                        Ending::SayNothing => std::future::pending().await,
                        Ending::Refuse => "554 5.7.1 looks like spam",
                        Ending::Take => {
                            self.taken.lock().unwrap().push(std::mem::take(&mut mail));
                            "250 taken"
                        }
                    }
                }
                "QUIT" => {
                    say(&mut stream, "221 bye").await?;
                    return Ok(After::Nothing);
                }
                _ => "502 unknown",
            };
            say(&mut stream, answer).await?;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Greeting,
    Nothing,
}

async fn text(stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<String> {
    let mut text = String::new();
    while let Some(line) = line(stream).await? {
        if line == "." {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

async fn line(stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, answer: &str) -> std::io::Result<()> {
    stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    stream.flush().await
}

fn in_brackets(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
