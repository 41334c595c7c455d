package fabric

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"google.golang.org/protobuf/proto"
)

// Where the channel's configuration has what is needed of it.
const (
	applicationGroup = "Application"
	ordererGroup     = "Orderer"
	mspValue         = "MSP"
	consentersValue  = "Orderers"
)

// channelConfig is what one configuration of the channel says of its members.
type channelConfig struct {
	number  uint64   // of its block
	members []string // MSP ids of those with peers, sorted
	// authorities are those of members, by MSP id.
	authorities map[string]authority
	consenters  []verify.Consenter // by id
}

// configOf returns the configuration in force at a block. The last one is remembered, since
// configurations change seldom.
func (c *Client) configOf(ctx context.Context, block *common.Block) (*channelConfig, error) {
	number, err := lastConfig(block)
	if err != nil {
		return nil, err
	}
	if known := c.config.Load(); known != nil && known.number == number {
		return known, nil
	}
	options := c.own(client.WithArguments(c.cfg.Channel, strconv.FormatUint(number, 10)))
	raw, failed := c.evaluate(ctx, c.turns.evaluate, c.self(), queryChaincode, blockByNumber, options)
	if failed != nil {
		return nil, failed.err()
	}
	config, err := parseConfig(raw)
	if err != nil {
		return nil, fmt.Errorf("configuration in block %d: %w", number, err)
	}
	config.number = number
	c.config.Store(config)
	return config, nil
}

// lastConfig returns the number of the configuration block that a block's signed metadata names.
func lastConfig(block *common.Block) (uint64, error) {
	sections := block.GetMetadata().GetMetadata()
	at := int(common.BlockMetadataIndex_SIGNATURES)
	if at >= len(sections) {
		return 0, fmt.Errorf("block %d has no signatures", block.GetHeader().GetNumber())
	}
	var metadata common.Metadata
	if err := proto.Unmarshal(sections[at], &metadata); err != nil {
		return 0, fmt.Errorf("decode block signatures: %w", err)
	}
	var signed common.OrdererBlockMetadata
	if err := proto.Unmarshal(metadata.GetValue(), &signed); err != nil {
		return 0, fmt.Errorf("decode signed block metadata: %w", err)
	}
	return signed.GetLastConfig().GetIndex(), nil
}

func parseConfig(raw []byte) (*channelConfig, error) {
	var block common.Block
	if err := proto.Unmarshal(raw, &block); err != nil {
		return nil, fmt.Errorf("decode block: %w", err)
	}
	if len(block.GetData().GetData()) != 1 {
		return nil, fmt.Errorf("it holds %d envelopes", len(block.GetData().GetData()))
	}
	e, err := parseEnvelope(block.GetData().GetData()[0])
	if err != nil {
		return nil, err
	}
	if common.HeaderType(e.header.GetType()) != common.HeaderType_CONFIG {
		return nil, fmt.Errorf("it holds a transaction of type %d", e.header.GetType())
	}
	var envelope common.ConfigEnvelope
	if err := proto.Unmarshal(e.payload.GetData(), &envelope); err != nil {
		return nil, fmt.Errorf("decode configuration: %w", err)
	}
	groups := envelope.GetConfig().GetChannelGroup().GetGroups()
	config := new(channelConfig)
	if config.authorities, err = authoritiesIn(groups[applicationGroup]); err != nil {
		return nil, err
	}
	config.members = slices.Sorted(maps.Keys(config.authorities))
	config.consenters, err = consentersIn(groups[ordererGroup])
	return config, err
}

// authoritiesIn returns the authorities of the organisations of a group, by MSP id.
func authoritiesIn(group *common.ConfigGroup) (map[string]authority, error) {
	all := make(map[string]authority)
	for name, organisation := range group.GetGroups() {
		var outer msp.MSPConfig
		if err := proto.Unmarshal(organisation.GetValues()[mspValue].GetValue(), &outer); err != nil {
			return nil, fmt.Errorf("decode MSP of %s: %w", name, err)
		}
		var inner msp.FabricMSPConfig
		if err := proto.Unmarshal(outer.GetConfig(), &inner); err != nil {
			return nil, fmt.Errorf("decode MSP of %s: %w", name, err)
		}
		all[inner.GetName()] = newAuthority(&inner)
	}
	return all, nil
}

func consentersIn(group *common.ConfigGroup) ([]verify.Consenter, error) {
	var orderers common.Orderers
	if err := proto.Unmarshal(group.GetValues()[consentersValue].GetValue(), &orderers); err != nil {
		return nil, fmt.Errorf("decode orderers: %w", err)
	}
	var all []verify.Consenter
	for _, o := range orderers.GetConsenterMapping() {
		all = append(all, verify.Consenter{ID: o.GetId(), MSPID: o.GetMspId(), Certificate: o.GetIdentity()})
	}
	slices.SortFunc(all, func(a, b verify.Consenter) int { return int(a.ID) - int(b.ID) })
	return all, nil
}
