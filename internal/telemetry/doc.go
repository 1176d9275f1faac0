// Package telemetry shows how the agent is doing, to who stands on the same
// machine: metrics for Prometheus, and whether it is alive and ready.
//
// In come the counters of a run; out go answers to requests on one listener, a
// loopback address or a unix socket. It touches no event, no path of a log
// file and no secret: labels are names of the configuration, reasons from closed
// lists, and schemas with their listed, unrestricted actions.
package telemetry
