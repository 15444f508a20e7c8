// Package kube holds what Sluice needs of the Kubernetes API beyond plain objects:
// connections into pods, Jobs run to their end, commands in containers.
package kube

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Client is a clientset and the configuration it was made from, which streams need as well.
type Client struct {
	kubernetes.Interface
	Config *rest.Config
}

// New connects with the current context of the kubeconfig file at path. The API server alone limits the rate of
// requests, and answers in its binary form, which costs both sides less by the thousand objects.
func New(path string) (*Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", path, err)
	}
	config.QPS = -1
	typed := rest.CopyConfig(config)
	typed.ContentType = runtime.ContentTypeProtobuf
	typed.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	set, err := kubernetes.NewForConfig(typed)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", path, err)
	}
	return &Client{Interface: set, Config: config}, nil
}
