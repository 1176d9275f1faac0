package servers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// Deny forbids User, and who comes with the client's certificate, to write to,
// read from and describe a topic. It returns when the rule holds. Allow takes
// it back.
func (k *KafkaServer) Deny(t testing.TB, topic string) {
	t.Helper()
	request := &kafka.CreateACLsRequest{}
	for _, principal := range []string{"User:" + k.User, "User:CN=client"} {
		for _, operation := range []kafka.ACLOperationType{kafka.ACLOperationTypeWrite, kafka.ACLOperationTypeRead, kafka.ACLOperationTypeDescribe} {
			request.ACLs = append(request.ACLs, kafka.ACLEntry{
				ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ResourcePatternType: kafka.PatternTypeLiteral,
				Principal: principal, Host: "*", Operation: operation, PermissionType: kafka.ACLPermissionTypeDeny,
			})
		}
	}
	ctx := within(t, time.Minute)
	err := k.ask(func(c *kafka.Client) error {
		r, err := c.CreateACLs(ctx, request)
		if err != nil {
			return err
		}
		if err := errors.Join(r.Errors...); err != nil {
			return err
		}
		return rules(ctx, c, topic, len(request.ACLs))
	})
	if err != nil {
		t.Fatalf("forbidding the topic %s: %v", topic, err)
	}
}

// Allow takes every rule about a topic away, and returns when none holds.
func (k *KafkaServer) Allow(t testing.TB, topic string) {
	t.Helper()
	ctx := within(t, time.Minute)
	err := k.ask(func(c *kafka.Client) error {
		r, err := c.DeleteACLs(ctx, &kafka.DeleteACLsRequest{Filters: []kafka.DeleteACLsFilter{{
			ResourceTypeFilter: kafka.ResourceTypeTopic, ResourceNameFilter: topic, ResourcePatternTypeFilter: kafka.PatternTypeLiteral,
			Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny,
		}}})
		if err != nil {
			return err
		}
		for _, result := range r.Results {
			if result.Error != nil {
				return result.Error
			}
		}
		return rules(ctx, c, topic, 0)
	})
	if err != nil {
		t.Fatalf("allowing the topic %s: %v", topic, err)
	}
}

// rules waits until n rules about a topic hold: what the controller has taken
// reaches the broker a little later.
func rules(ctx context.Context, c *kafka.Client, topic string, n int) error {
	return poll(ctx, func() error {
		r, err := c.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{
			ResourceTypeFilter: kafka.ResourceTypeTopic, ResourceNameFilter: topic, ResourcePatternTypeFilter: kafka.PatternTypeLiteral,
			Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny,
		}})
		if err != nil {
			return err
		}
		have := 0
		for _, resource := range r.Resources {
			have += len(resource.ACLs)
		}
		if have != n {
			return fmt.Errorf("%d rules hold, want %d", have, n)
		}
		return r.Error
	})
}
