// Package audit is the audit log: who did what through this gateway, and who was refused. It is
// apart from the log of operations, and is neither sampled nor levelled. Credentials, bodies and
// values are no part of it.
package audit
