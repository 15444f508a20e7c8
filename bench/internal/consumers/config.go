package consumers

import (
	"bytes"
	"embed"
	"net/url"
	"text/template"
)

//go:embed files
var files embed.FS

// render fills a configuration of files/ in.
func render(file string, job Job) ([]byte, error) {
	address, err := url.Parse(job.Elasticsearch)
	if err != nil {
		return nil, err
	}
	t, err := template.New(file).Option("missingkey=error").ParseFS(files, "files/"+file)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, struct {
		Job
		ElasticsearchHost, ElasticsearchPort string
	}{job, address.Hostname(), address.Port()})
	return text.Bytes(), err
}
