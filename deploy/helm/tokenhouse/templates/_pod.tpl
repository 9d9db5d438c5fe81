{{- define "tokenhouse.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tokenhouse.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* What the service and the migration share of a pod: identity, hardening, volumes. */}}
{{- define "tokenhouse.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false  # they would be environment variables of the form TOKENHOUSE_...
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: secret
    secret: { secretName: {{ .Values.secretName | quote }}, defaultMode: 0440 }
  - name: data
    emptyDir: {}
  - name: tmp
    emptyDir: {}
{{- end }}

{{- define "tokenhouse.container" -}}
image: {{ include "tokenhouse.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
env:
  - { name: TOKENHOUSE_ISSUER, value: {{ .Values.issuer | quote }} }
  - { name: TOKENHOUSE_BEHIND_TLS_PROXY, value: "true" }
  - { name: TOKENHOUSE_WORKERS, value: {{ .Values.workers | quote }} }
  - { name: TOKENHOUSE_PORT, value: {{ .Values.service.port | quote }} }
  - { name: TOKENHOUSE_METRICS_ADDRESS, value: "0.0.0.0:{{ .Values.metricsPort }}" }
  # Until every proxy knows that this pod ends, it goes on accepting.
  - { name: TOKENHOUSE_DRAIN_SECONDS, value: {{ .Values.drainSeconds | quote }} }
  # By a program, since the group of a Secret's file may read it, which a master_key_file must not let.
  - { name: TOKENHOUSE_MASTER_KEY_COMMAND, value: "cat /run/tokenhouse/master.key" }
  # A folder of the service's own: Kubernetes lets everybody into the volume itself.
  - { name: TOKENHOUSE_DATA_DIR, value: /var/lib/tokenhouse/data }
  {{- range $name, $value := .Values.settings }}
  - { name: TOKENHOUSE_{{ upper $name }}, value: {{ $value | quote }} }
  {{- end }}
resources: {{ toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - { name: secret, mountPath: /run/tokenhouse, readOnly: true }
  - { name: data, mountPath: /var/lib/tokenhouse }
  - { name: tmp, mountPath: /tmp }
{{- end }}
