package main

import (
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// levels are the Pod Security Standards that forbid anything.
type levels struct{ checks policy.Evaluator }

func newLevels() (levels, error) {
	checks, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	return levels{checks}, err
}

// say writes what each level forbids, a line for each reason.
func (l levels) say(to io.Writer, name string, pod *corev1.PodTemplateSpec) {
	for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		for _, r := range l.checks.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec) {
			if !r.Allowed {
				fmt.Fprintf(to, "%s: not %s: %s (%s)\n", name, level, r.ForbiddenReason, r.ForbiddenDetail)
			}
		}
	}
}

func pods(object runtime.Object) []*corev1.PodTemplateSpec {
	switch o := object.(type) {
	case *appsv1.DaemonSet:
		return []*corev1.PodTemplateSpec{&o.Spec.Template}
	case *appsv1.Deployment:
		return []*corev1.PodTemplateSpec{&o.Spec.Template}
	case *appsv1.StatefulSet:
		return []*corev1.PodTemplateSpec{&o.Spec.Template}
	case *corev1.Pod:
		return []*corev1.PodTemplateSpec{{ObjectMeta: o.ObjectMeta, Spec: o.Spec}}
	}
	return nil
}
