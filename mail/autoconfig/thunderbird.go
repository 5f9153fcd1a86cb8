package autoconfig

import (
	"encoding/xml"
)

// Thunderbird's format, version 1.1 (wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat).
type (
	clientConfig struct {
		XMLName  xml.Name      `xml:"clientConfig"`
		Version  string        `xml:"version,attr"`
		Provider emailProvider `xml:"emailProvider"`
	}
	emailProvider struct {
		ID        string       `xml:"id,attr"`
		Domain    string       `xml:"domain"`
		Name      string       `xml:"displayName"`
		ShortName string       `xml:"displayShortName"`
		Incoming  []mailServer `xml:"incomingServer"`
		Outgoing  []mailServer `xml:"outgoingServer"`
	}
	mailServer struct {
		Type           string   `xml:"type,attr"`
		Hostname       string   `xml:"hostname"`
		Port           int      `xml:"port"`
		SocketType     security `xml:"socketType"`
		Authentication string   `xml:"authentication"`
		Username       string   `xml:"username"`
	}
)

// thunderbird renders config-v1.1.xml. Clients put the address in themselves.
func (s *Site) thunderbird() ([]byte, error) {
	c := clientConfig{Version: "1.1", Provider: emailProvider{ID: s.Domain, Domain: s.Domain, Name: s.Domain, ShortName: s.Domain,
		Incoming: s.servers("imap", offered(s.IMAPS, s.IMAP)), Outgoing: s.servers("smtp", offered(s.Submissions, s.Submission))}}
	text, err := xml.MarshalIndent(c, "", "  ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

func (s *Site) servers(kind string, open []server) []mailServer {
	var all []mailServer
	for _, o := range open {
		all = append(all, mailServer{Type: kind, Hostname: s.Host, Port: o.port, SocketType: o.security,
			Authentication: "password-cleartext", Username: "%EMAILADDRESS%"})
	}
	return all
}
