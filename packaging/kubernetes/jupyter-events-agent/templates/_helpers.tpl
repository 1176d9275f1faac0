{{- define "agent.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "agent.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "agent.labels" -}}
{{ include "agent.selector" . }}
app.kubernetes.io/component: {{ .Values.mode }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "agent.state" -}}
{{- .Values.state.kind | default (eq .Values.mode "daemonset" | ternary "hostPath" "emptyDir") -}}
{{- end -}}

{{- define "agent.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "agent.name" .) -}}
{{- end -}}

{{/* What does not go together is said before anything is made. */}}
{{- define "agent.check" -}}
{{- $state := include "agent.state" . -}}
{{- if not .Values.config -}}
{{- fail "config is empty: give agent.toml, as --set-file config=agent.toml" -}}
{{- end -}}
{{- range $line := splitList "\n" .Values.config -}}
{{- if and (regexMatch "^state_dir\\s*=" $line) (not (regexMatch "^state_dir\\s*=\\s*[\"']/var/lib/jupyter-events-agent/?[\"']" $line)) -}}
{{- fail "state_dir in config: must be \"/var/lib/jupyter-events-agent\", where the volume is mounted; anything else is lost, or cannot be written" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.mode "aggregators") (not (regexMatch "(?m)^id_key_file\\s*=\\s*[\"']/run/secrets/" .Values.config)) -}}
{{- fail "id_key_file in config: aggregators share one key, from a Secret below /run/secrets/jupyter-events-agent; else an event has another id from each of them" -}}
{{- end -}}
{{- if ne .Values.mode "sidecar" -}}
{{- if not .Values.image.repository -}}
{{- fail "image.repository is empty: build the image from the Dockerfile, push it to a registry of yours, and name it" -}}
{{- end -}}
{{- if not (or .Values.image.tag .Values.image.digest) -}}
{{- fail "image.tag is empty: name the version, or image.digest" -}}
{{- end -}}
{{- end -}}
{{- if and (eq $state "hostPath") (ne .Values.mode "daemonset") -}}
{{- fail "state.kind=hostPath is for mode=daemonset: another pod on the same node would have the same folder; use claim or emptyDir" -}}
{{- end -}}
{{- if and (eq $state "claim") (eq .Values.mode "daemonset") -}}
{{- fail "state.kind=claim is not for mode=daemonset, whose pods would share one volume: use hostPath" -}}
{{- end -}}
{{- end -}}

{{- define "agent.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end -}}

{{- define "agent.probe" -}}
exec:
  command: [/usr/bin/jupyter-events-agent, health]
{{ toYaml . }}
{{- end -}}

{{/* The pod, for each kind of workload. */}}
{{- define "agent.pod" -}}
{{- $state := include "agent.state" . -}}
metadata:
  labels:
    {{- include "agent.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Another configuration makes other pods.
    checksum/config: {{ dict "config" .Values.config "files" .Values.files "schemas" .Values.schemas | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "agent.serviceAccount" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
  enableServiceLinks: false
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ .Values.user }}
    runAsGroup: {{ .Values.user }}
    # Files of Secrets are root's and this group's; and so is a claim, once: what the agent makes there stays its own.
    fsGroup: {{ .Values.user }}
    fsGroupChangePolicy: OnRootMismatch
    {{- with .Values.supplementalGroups }}
    supplementalGroups: {{ toJson . }}
    {{- end }}
    seccompProfile: {type: RuntimeDefault}
  {{- if and (eq $state "hostPath") .Values.state.prepare.enabled }}
  initContainers:
    - name: state
      image: {{ .Values.state.prepare.image | quote }}
      # Once: afterwards root without CAP_FOWNER may not change its mode.
      command: [sh, -c, "[ $(stat -c %u /state) = {{ .Values.user }} ] || { chmod 0700 /state && chown {{ .Values.user }}:{{ .Values.user }} /state; }"]
      resources:
        requests: {cpu: 10m, memory: 16Mi}
        limits: {memory: 32Mi}
      securityContext:
        runAsNonRoot: false
        runAsUser: 0
        runAsGroup: 0
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL], add: [CHOWN]}
        seccompProfile: {type: RuntimeDefault}
      volumeMounts:
        - {name: state, mountPath: /state}
  {{- end }}
  containers:
    - name: agent
      image: {{ include "agent.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [run]
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        capabilities: {drop: [ALL]}
        seccompProfile: {type: RuntimeDefault}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      startupProbe:
        {{- include "agent.probe" .Values.probes.startup | nindent 8 }}
      readinessProbe:
        {{- include "agent.probe" .Values.probes.readiness | nindent 8 }}
      livenessProbe:
        {{- include "agent.probe" .Values.probes.liveness | nindent 8 }}
      volumeMounts:
        - {name: config, mountPath: /etc/jupyter-events-agent, readOnly: true}
        - {name: state, mountPath: /var/lib/jupyter-events-agent}
        {{- range $i, $name := .Values.secrets }}
        - {name: secret-{{ $i }}, mountPath: /run/secrets/jupyter-events-agent/{{ $name }}, readOnly: true}
        {{- end }}
        {{- if eq .Values.mode "daemonset" }}
        {{- range $i, $path := .Values.logs }}
        - {name: logs-{{ $i }}, mountPath: {{ $path | quote }}, readOnly: true}
        {{- end }}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      projected:
        defaultMode: 0440
        sources:
          - configMap:
              name: {{ include "agent.name" . }}
              items:
                - {key: agent.toml, path: agent.toml}
                {{- range $name, $_ := .Values.files }}
                - {key: {{ $name | quote }}, path: {{ $name | quote }}}
                {{- end }}
                {{- range $name, $_ := .Values.schemas }}
                - {key: {{ printf "schemas.%s" $name | quote }}, path: {{ printf "schemas/%s" $name | quote }}}
                {{- end }}
    {{- if eq $state "hostPath" }}
    - name: state
      hostPath: {path: {{ .Values.state.hostPath | quote }}, type: DirectoryOrCreate}
    {{- else if eq $state "emptyDir" }}
    - name: state
      emptyDir: {sizeLimit: {{ .Values.state.size }}}
    {{- end }}
    {{- range $i, $name := .Values.secrets }}
    - name: secret-{{ $i }}
      secret: {secretName: {{ $name | quote }}, defaultMode: 0440}
    {{- end }}
    {{- if eq .Values.mode "daemonset" }}
    {{- range $i, $path := .Values.logs }}
    - name: logs-{{ $i }}
      hostPath: {path: {{ $path | quote }}, type: DirectoryOrCreate}
    {{- end }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
