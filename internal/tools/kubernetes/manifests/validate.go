package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podapi "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
)

// validate says what the API server would refuse of a new object. A kind that
// it does not know is an error: nothing passes unseen.
func validate(object runtime.Object) (field.ErrorList, error) {
	template := func(t *core.PodTemplateSpec) corevalidation.PodValidationOptions {
		return podapi.GetValidationOptionsFromPodTemplate(t, nil)
	}
	switch o := object.(type) {
	case *apps.DaemonSet:
		return appsvalidation.ValidateDaemonSet(o, template(&o.Spec.Template)), nil
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(o, template(&o.Spec.Template)), nil
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(o, appsvalidation.StatefulSetValidationOptions{}, template(&o.Spec.Template)), nil
	case *core.Pod:
		return corevalidation.ValidatePodCreate(o, podapi.GetValidationOptionsFromPodSpecAndMeta(&o.Spec, nil, &o.ObjectMeta, nil)), nil
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o), nil
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(o), nil
	case *core.PersistentVolumeClaim:
		return corevalidation.ValidatePersistentVolumeClaim(o, corevalidation.ValidationOptionsForPersistentVolumeClaim(o, nil)), nil
	case *core.Service:
		// The API server sets these by what the cluster has.
		o.Spec.ClusterIPs = []string{o.Spec.ClusterIP}
		o.Spec.IPFamilies = []core.IPFamily{core.IPv4Protocol}
		single := core.IPFamilyPolicySingleStack
		o.Spec.IPFamilyPolicy = &single
		return corevalidation.ValidateServiceCreate(o), nil
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	}
	return nil, fmt.Errorf("nothing here validates %T", object)
}
