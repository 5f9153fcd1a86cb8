"""Sends one message with Python's smtplib: arguments MODE HOST PORT CA FILE; address and password by stdin.

The message goes from the address to itself. Ends with status 0 when the server took it.
"""
import smtplib
import ssl
import sys

mode, host, port, ca, file = sys.argv[1:6]
address, password = sys.stdin.read().split("\n")[:2]
context = ssl.create_default_context(cafile=ca)

if mode == "tls":
    smtp = smtplib.SMTP_SSL(host, int(port), context=context)
else:
    smtp = smtplib.SMTP(host, int(port))
    if mode == "starttls":
        smtp.starttls(context=context)
smtp.login(address, password)
for name in ("size", "8bitmime", "pipelining", "enhancedstatuscodes", "smtputf8"):
    assert smtp.has_extn(name), smtp.ehlo_resp
with open(file, "rb") as message:
    refused = smtp.sendmail(address, [address], message.read().replace(b"\n", b"\r\n"), mail_options=["BODY=8BITMIME"])
assert not refused, refused
smtp.quit()
