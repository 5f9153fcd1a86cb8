// What the test asks of Thunderbird, in its privileged context: each function does by Thunderbird's own
// services what a person does in its window. All are asynchronous; what they wait for is bounded by the caller.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

// until polls ready, since folders change without events in one place.
async function until(ready) {
  for (;;) {
    const value = ready();
    if (value) return value;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const serverOf = account => MailServices.accounts.getAccount(account).incomingServer;
const folderOf = (account, flag) => serverOf(account).rootFolder.getFolderWithFlags(flag);
const inboxOf = account => folderOf(account, Ci.nsMsgFolderFlags.Inbox);

function messageOf(folder, subject) {
  for (const message of folder.messages) if (message.mime2DecodedSubject == subject) return message;
  return null;
}

// trust makes an authority's certificate one for servers.
async function trust(base64) {
  Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(base64, "C,,");
}

// remember keeps a password for both protocols.
async function remember(host, user, password) {
  for (const origin of ["imap://" + host, "smtp://" + host]) {
    const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
    login.init(origin, null, origin, user, password, "", "");
    await Services.logins.addLoginAsync(login);
  }
}

// open lists the folders, opens INBOX and returns the source of a message.
async function open(account, subject) {
  serverOf(account).performExpand(null);
  const inbox = await until(() => inboxOf(account));
  inbox.updateFolder(null);
  const message = await until(() => messageOf(inbox, subject));
  return source(inbox.getUriForMsg(message));
}

function source(uri) {
  const service = MailServices.messageServiceFromURI(uri);
  return new Promise((resolve, reject) => {
    let text = "";
    service.streamMessage(uri, {
      QueryInterface: ChromeUtils.generateQI(["nsIStreamListener", "nsIRequestObserver"]),
      onStartRequest() {},
      onDataAvailable(request, stream, offset, count) {
        const binary = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream);
        binary.setInputStream(stream);
        text += binary.readBytes(count);
      },
      onStopRequest(request, status) {
        Components.isSuccessCode(status) ? resolve(text) : reject(new Error("streaming ended with " + status.toString(16)));
      },
    }, null, null, false, "", false);
  });
}

// arrives waits for a message in INBOX without asking the server for it.
async function arrives(account, subject) {
  await until(() => messageOf(inboxOf(account), subject));
}

// check asks the server for what is new in INBOX, as its timer and its button do, and waits for a message.
async function check(account, subject) {
  const inbox = inboxOf(account);
  inbox.updateFolder(null);
  await until(() => messageOf(inbox, subject));
}

// send submits a message file and waits until it was taken, and copied to Sent.
function send(account, file) {
  const identity = MailServices.accounts.getAccount(account).defaultIdentity;
  const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
  fields.from = fields.to = identity.email;
  const path = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
  path.initWithPath(file);
  return new Promise((resolve, reject) => {
    Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend).sendMessageFile(
      identity, account, fields, path, false, false, Ci.nsIMsgSend.nsMsgDeliverNow, null, {
        QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener", "nsIMsgCopyServiceListener"]),
        onStartSending() {}, onProgress() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {}, onTransportSecurityError() {},
        onStopSending(id, status) { if (!Components.isSuccessCode(status)) reject(new Error("sending ended with " + status.toString(16))); },
        onSendNotPerformed() { reject(new Error("sending was not performed")); },
        onStartCopy() {}, setMessageKey() {}, getMessageId() { return null; },
        onStopCopy(status) {
          Components.isSuccessCode(status) ? resolve() : reject(new Error("copying ended with " + status.toString(16)));
        },
      }, null, "");
  });
}

// move files a message in the archive.
async function move(account, subject) {
  const inbox = inboxOf(account);
  const archive = await until(() => folderOf(account, Ci.nsMsgFolderFlags.Archive));
  await new Promise((resolve, reject) => {
    MailServices.copy.copyMessages(inbox, [messageOf(inbox, subject)], archive, true, {
      QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
      onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() { return null; },
      onStopCopy(status) {
        Components.isSuccessCode(status) ? resolve() : reject(new Error("moving ended with " + status.toString(16)));
      },
    }, null, false);
  });
}

// autoconfiguration fetches what a server says of itself and returns what Thunderbird's own parser makes of it.
async function autoconfiguration(url, domain) {
  const { readFromXML } = ChromeUtils.importESModule("resource:///modules/accountcreation/readFromXML.sys.mjs");
  const { JXON } = ChromeUtils.importESModule("resource:///modules/JXON.sys.mjs");
  const response = await fetch(url);
  const text = await response.text();
  const config = readFromXML(JXON.build(new DOMParser().parseFromString(text, "text/xml")), domain);
  return [config.incoming, config.outgoing].map(s => [s.type, s.hostname, s.port, s.socketType, s.username].join(" ")).join(", ");
}

// flag stars a message and marks it read.
async function flag(account, subject) {
  const inbox = inboxOf(account);
  const message = messageOf(inbox, subject);
  inbox.markMessagesFlagged([message], true);
  inbox.markMessagesRead([message], true);
}

// show selects a folder and a message in the main window.
async function show(account, subject) {
  const tab = await until(() => window.gTabmail?.currentAbout3Pane?.document.readyState == "complete" && window.gTabmail.currentAbout3Pane);
  tab.displayFolder(inboxOf(account).URI);
  await until(() => tab.gDBView?.rowCount > 0);
  tab.selectMessage(messageOf(inboxOf(account), subject));
  const browser = tab.messageBrowser.contentWindow;
  await until(() => browser.gMessage?.mime2DecodedSubject == subject && browser.content?.document?.body?.textContent);
}
