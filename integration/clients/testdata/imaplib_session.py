"""One session with Python's imaplib: arguments MODE HOST PORT CA MAILBOX; address and password by stdin.

Ends with status 0 when every answer was as expected; an assertion names what was not.
"""
import imaplib
import ssl
import sys
import time

mode, host, port, ca, box = sys.argv[1:6]
address, password = sys.stdin.read().split("\n")[:2]
context = ssl.create_default_context(cafile=ca)

if mode == "tls":
    imap = imaplib.IMAP4_SSL(host, int(port), ssl_context=context)
else:
    imap = imaplib.IMAP4(host, int(port))
    if mode == "starttls":
        imap.starttls(context)


def ok(answer):
    status, data = answer
    assert status == "OK", answer
    return data


ok(imap.login(address, password))
names = b"\n".join(ok(imap.list()))
for special in (b"INBOX", b"Drafts", b"Sent", b"Trash", b"Junk", b"Archive"):
    assert special in names, names
ok(imap.create(box))
ok(imap.create(box + "-2"))
ok(imap.subscribe(box))
assert box.encode() in b"\n".join(ok(imap.lsub()))

body = b"From: b@example.net\r\nSubject: imaplib %d\r\n\r\nline\r\n"
for i in range(1, 4):
    answer = ok(imap.append(box, r"(\Seen custom)", imaplib.Time2Internaldate(time.time()), body % i))
    assert b"APPENDUID" in answer[0], answer
assert ok(imap.select(box)) == [b"3"]
validity = imap.response("UIDVALIDITY")[1]
assert ok(imap.uid("SEARCH", "SUBJECT", '"imaplib 2"')) == [b"2"]
data = ok(imap.uid("FETCH", "2", "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])"))
assert data[0][1] == body % 2, data
assert b"custom" in data[0][0] + data[1] and b"ENVELOPE" in data[0][0] + data[1], data
assert ok(imap.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))[0][1] == b"Subject: imaplib 1\r\n\r\n"
assert ok(imap.uid("FETCH", "3", "(BODY.PEEK[TEXT]<2.2>)"))[0][1] == b"ne"

ok(imap.uid("STORE", "1", "+FLAGS", r"(\Answered)"))
assert ok(imap.uid("SEARCH", "ANSWERED")) == [b"1"]
ok(imap.uid("STORE", "1", "-FLAGS", r"(\Answered \Seen)"))
assert ok(imap.uid("SEARCH", "UNSEEN")) == [b"1"]
ok(imap.uid("COPY", "1:2", box + "-2"))
ok(imap.uid("MOVE", "3", box + "-2"))
assert ok(imap.uid("SEARCH", "ALL")) == [b"1 2"]
ok(imap.uid("STORE", "2", "+FLAGS.SILENT", r"(\Deleted)"))
ok(imap.expunge())
assert ok(imap.uid("SEARCH", "ALL")) == [b"1"]

ok(imap.select(box + "-2", readonly=True))
assert ok(imap.search(None, "ALL")) == [b"1 2 3"]
status, _ = imap.uid("STORE", "1", "+FLAGS", r"(\Flagged)")
assert status == "NO", "STORE works after EXAMINE"
answer = ok(imap.status(box + "-2", "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"))
assert b"MESSAGES 3" in answer[0] and b"UIDNEXT 4" in answer[0], answer
ok(imap.rename(box + "-2", box + "-3"))
ok(imap.delete(box + "-3"))
ok(imap.select(box))
assert imap.response("UIDVALIDITY")[1] == validity
ok(imap.close())
ok(imap.delete(box))
imap.logout()
