package autoconfig

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"strconv"
)

// apple renders a configuration profile (developer.apple.com, "Profile-Specific Payload Keys", com.apple.mail.managed). Without
// an address the device asks for it; it always asks for the password.
func (s *Site) apple(address string) []byte {
	var p plist
	p.b.WriteString(xml.Header)
	p.b.WriteString(`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` + "\n")
	p.b.WriteString(`<plist version="1.0"><dict>` + "\n")
	p.b.WriteString("<key>PayloadContent</key><array><dict>\n")
	s.payload(&p, "com.apple.mail.managed", "mail", address)
	p.text("EmailAccountDescription", s.Domain)
	p.text("EmailAccountType", "EmailTypeIMAP")
	p.server(s.Host, "Incoming", address, offered(s.IMAPS, s.IMAP))
	if out := offered(s.Submissions, s.Submission); len(out) > 0 {
		p.server(s.Host, "Outgoing", address, out)
		p.flag("OutgoingPasswordSameAsIncomingPassword", true)
	}
	if address != "" {
		p.text("EmailAddress", address)
	}
	p.b.WriteString("</dict></array>\n")
	s.payload(&p, "Configuration", "profile", address)
	p.b.WriteString("</dict></plist>\n")
	return p.b.Bytes()
}

// payload writes what every payload has. Its identity follows from what it is for, so that a profile which is
// installed again takes the place of the old one.
func (s *Site) payload(p *plist, kind, name, address string) {
	sum := sha256.Sum256([]byte(s.Domain + "\x00" + name + "\x00" + address))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8: of own making (RFC 9562, 5.8)
	p.text("PayloadType", kind)
	p.text("PayloadVersion", 1)
	p.text("PayloadIdentifier", "mail."+s.Domain+"."+name)
	p.text("PayloadUUID", fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
	p.text("PayloadDisplayName", s.Domain)
}

// plist writes the members of a dictionary; every text is escaped.
type plist struct{ b bytes.Buffer }

func (p *plist) text(key string, value any) {
	kind, text := "string", fmt.Sprint(value)
	if _, is := value.(int); is {
		kind = "integer"
	}
	fmt.Fprintf(&p.b, "<key>%s</key><%s>", key, kind)
	_ = xml.EscapeText(&p.b, []byte(text)) // a bytes.Buffer takes everything
	fmt.Fprintf(&p.b, "</%s>\n", kind)
}

func (p *plist) flag(key string, value bool) {
	fmt.Fprintf(&p.b, "<key>%s</key><%s/>\n", key, strconv.FormatBool(value))
}

// server writes the best of what is open. UseSSL alone means TLS from the first byte or STARTTLS, as the port says.
func (p *plist) server(host, direction, address string, open []server) {
	p.text(direction+"MailServerHostName", host)
	p.text(direction+"MailServerPortNumber", open[0].port)
	p.text(direction+"MailServerAuthentication", "EmailAuthPassword")
	p.flag(direction+"MailServerUseSSL", true)
	if address != "" {
		p.text(direction+"MailServerUsername", address)
	}
}
