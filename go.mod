module jupyter-events-agent

go 1.26
