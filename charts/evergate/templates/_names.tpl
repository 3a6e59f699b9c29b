{{/* What everything of the release is named after. */}}
{{- define "evergate.name" -}}
{{- $name := .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- if contains "evergate" $name }}{{ $name }}{{ else }}{{ printf "%s-evergate" $name }}{{ end -}}
{{- end }}

{{/* The name of what belongs to the whole cluster: releases of several namespaces must not share it. */}}
{{- define "evergate.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "evergate.name" .) }}
{{- end }}

{{- define "evergate.selector" -}}
app.kubernetes.io/name: evergate-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "evergate.labels" -}}
{{ include "evergate.selector" . }}
app.kubernetes.io/component: operator
{{- include "evergate.releaseLabels" . }}
{{- end }}

{{/* Labels of what is of the release, and not of the operator. */}}
{{- define "evergate.commonLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- include "evergate.releaseLabels" . }}
{{- end }}

{{- define "evergate.releaseLabels" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: evergate
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* An image by its digest, else by its tag, else of the chart's version. Of [values, root]. */}}
{{- define "evergate.image" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository ($image.tag | default $root.Chart.AppVersion) }}
{{- end -}}
{{- end }}

{{/* The namespaces that fleets may be in, and that Secrets are read in, as JSON. */}}
{{- define "evergate.fleetNamespaces" -}}
{{ .Values.fleetNamespaces | default (list .Release.Namespace) | toJson }}
{{- end }}
{{- define "evergate.secretNamespaces" -}}
{{ .Values.secretNamespaces | default (list .Release.Namespace) | toJson }}
{{- end }}

{{/* The fleet that the operator makes. */}}
{{- define "evergate.defaultFleet" -}}
{{- $namespace := include "evergate.fleetNamespaces" . | fromJsonArray | first -}}
{{- $annotations := dict "evergate.dev/is-default-fleet" "true" -}}
{{- $metadata := dict "name" .Values.defaultFleet.name "namespace" $namespace "annotations" $annotations -}}
{{ dict "apiVersion" "evergate.dev/v1alpha1" "kind" "GatewayFleet" "metadata" $metadata "spec" .Values.defaultFleet.spec | toJson }}
{{- end }}

{{/* The account of the operator, as the subject of a binding. */}}
{{- define "evergate.subjects" -}}
subjects:
- kind: ServiceAccount
  name: {{ include "evergate.name" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
