package clients

import (
	"fmt"
	"net"
	"testing"

	"troxymail/integration/demo"
)

// TestImaplib runs testdata/imaplib_session.py, a whole session from login to logout.
func TestImaplib(t *testing.T) {
	d := fresh(t)
	each(t, d, func(t *testing.T, r int, mode demo.Mode) {
		host, port, err := net.SplitHostPort(mode.Address(d.Replicas[r]))
		must(t, err)
		secret := d.Accounts[0].Address + "\n" + d.Accounts[0].Password + "\n"
		out, errs, err := run(t, secret, nil, "python3", "testdata/imaplib_session.py",
			mode.String(), host, port, d.CA, fmt.Sprintf("Py-%v-%d", mode, r))
		if err != nil {
			t.Fatalf("%v\n%s%s", err, out, errs)
		}
	})
}
