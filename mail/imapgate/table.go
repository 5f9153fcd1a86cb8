package imapgate

// state is where a connection is (RFC 3501 section 3), as a set so that a rule can name several.
type state uint8

const (
	notAuthenticated state = 1 << iota
	authenticated
	selected

	afterLogin = authenticated | selected
	anyState   = notAuthenticated | afterLogin
)

// rule says in which states a command is allowed and who handles it.
type rule struct {
	states state
	engine bool // the protocol engine; else the guard itself
}

// commands is every command there is. What is not in it never reaches the engine.
var commands = map[string]rule{
	"CAPABILITY":   {states: anyState},
	"NOOP":         {states: anyState},
	"LOGOUT":       {states: anyState},
	"ID":           {states: anyState},
	"STARTTLS":     {states: notAuthenticated},
	"LOGIN":        {states: notAuthenticated},
	"AUTHENTICATE": {states: notAuthenticated},
	"ENABLE":       {states: afterLogin},
	"IDLE":         {states: afterLogin},
	"CHECK":        {states: selected},

	"APPEND":      {states: afterLogin, engine: true},
	"CREATE":      {states: afterLogin, engine: true},
	"DELETE":      {states: afterLogin, engine: true},
	"EXAMINE":     {states: afterLogin, engine: true},
	"LIST":        {states: afterLogin, engine: true},
	"LSUB":        {states: afterLogin, engine: true},
	"NAMESPACE":   {states: afterLogin, engine: true},
	"RENAME":      {states: afterLogin, engine: true},
	"SELECT":      {states: afterLogin, engine: true},
	"STATUS":      {states: afterLogin, engine: true},
	"SUBSCRIBE":   {states: afterLogin, engine: true},
	"UNSUBSCRIBE": {states: afterLogin, engine: true},

	"CLOSE":       {states: selected, engine: true},
	"COPY":        {states: selected, engine: true},
	"EXPUNGE":     {states: selected, engine: true},
	"FETCH":       {states: selected, engine: true},
	"MOVE":        {states: selected, engine: true},
	"SEARCH":      {states: selected, engine: true},
	"STORE":       {states: selected, engine: true},
	"UID COPY":    {states: selected, engine: true},
	"UID EXPUNGE": {states: selected, engine: true},
	"UID FETCH":   {states: selected, engine: true},
	"UID MOVE":    {states: selected, engine: true},
	"UID SEARCH":  {states: selected, engine: true},
	"UID STORE":   {states: selected, engine: true},
	"UNSELECT":    {states: selected, engine: true},
}

// admit says whether a command may run now; nil means yes. Before login an unknown command ends the
// connection: it is likely another protocol, sent by a browser that was tricked into it.
func admit(c *command, now state) *fault {
	r, known := commands[c.name]
	switch {
	case !known && now == notAuthenticated:
		return fatal(c.tag, "Unknown command")
	case !known:
		return bad(c.tag, "Unknown command")
	case r.states&now != 0:
		return nil
	case now == notAuthenticated:
		return bad(c.tag, "Log in first")
	case r.states == notAuthenticated:
		return bad(c.tag, "Already logged in")
	default:
		return bad(c.tag, "Select a mailbox first")
	}
}
