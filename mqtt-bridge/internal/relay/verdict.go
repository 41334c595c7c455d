package relay

import (
	"errors"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// verdict is nil for a message that is on the ledger and disclosed.
func (s *shard) verdict(result waymark.MessageResult, e spool.Entry, attempts int) *spool.Verdict {
	s.observer.Relayed(result.Outcome)
	verdict := &spool.Verdict{Code: result.Code, Detail: result.Detail, Reasons: result.Reasons,
		Time: time.Now().UTC(), Attempts: attempts}
	said := "message rejected by the ledger"
	switch {
	case result.Outcome == waymark.Rejected:
		s.observer.Rejected(e.Device)
	case verdict.Undisclosed(): // only disclosing waits, and nothing waits for that
		said = "message recorded, but a member lacks what it discloses"
	default:
		return nil
	}
	fields := []zap.Field{zap.String("device_id", e.Device), zap.Uint64("number", e.Number),
		zap.Uint64("sequence", result.Sequence), zap.String("code", string(result.Code)), zap.Strings("reasons", result.Reasons)}
	if what := remedy(result); what != "" {
		fields = append(fields, zap.String("remedy", what))
	}
	s.log.Info(said, fields...)
	return verdict
}

// corrupt is the verdict on an entry whose checksum does not hold: nobody can
// say any more what it was, so nothing is submitted for it.
func (s *shard) corrupt(e spool.Entry) *spool.Verdict {
	s.log.Error("a record of the spool is corrupt: check the disk", zap.Int("shard", s.index), zap.Uint64("number", e.Number))
	return &spool.Verdict{Code: spool.Corrupt, Detail: "the record in the spool does not have its checksum", Time: time.Now().UTC()}
}

// refusalOf is the verdict if the gateway refused the request as such, nil for
// any other error.
func refusalOf(err error, attempts int) *spool.Verdict {
	var status *client.Problem
	if !gateway.Refused(err) || !errors.As(err, &status) {
		return nil
	}
	code := status.Code
	if code == "" {
		code = waymark.Invalid
	}
	return &spool.Verdict{Code: code, Detail: status.Detail, Reasons: status.Reasons, Time: time.Now().UTC(), Attempts: attempts}
}
