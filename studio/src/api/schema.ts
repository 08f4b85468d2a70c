// Written by api.mjs from the server's OpenAPI description. Do not edit: run `make studio-api`.

export interface paths {
    "/api/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Devices
         * @description What models can run on here.
         */
        get: operations["list_devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Browse
         * @description What is in a folder on the server; without a path, the folders that may be read.
         */
        get: operations["browse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * File Picture
         * @description A small picture of an image file on the server.
         */
        get: operations["file_picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/formats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Formats
         * @description The data formats that are read and written.
         */
        get: operations["list_formats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/methods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Methods
         * @description The methods there are, with all that their forms need.
         */
        get: operations["list_methods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Projects
         * @description The projects there are; one that cannot be opened says why.
         */
        get: operations["list_projects"];
        put?: never;
        /**
         * Create Project
         * @description Make a project in the projects' folder.
         */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Project
         * @description A project with its classes, counts and steps.
         */
        get: operations["read_project"];
        put?: never;
        post?: never;
        /**
         * Remove Project
         * @description Put a project aside, into the folder ``.removed`` of the projects' folder.
         */
        delete: operations["remove_project"];
        options?: never;
        head?: never;
        /**
         * Change Project
         * @description Change name, method, training settings or the active run. The method stays while there are runs.
         */
        patch: operations["change_project"];
        trace?: never;
    };
    "/api/projects/{project}/augmentation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Augmentation
         * @description What training would make of an image at random, with these settings.
         */
        post: operations["augmentation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Cameras
         * @description The cameras that can be opened on the server now.
         */
        get: operations["list_cameras"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Capture State
         * @description What is open.
         */
        get: operations["capture_state"];
        put?: never;
        /**
         * Open Capture
         * @description Open a camera or watch a folder; what was open is closed.
         */
        post: operations["open_capture"];
        /**
         * Close Capture
         * @description Close what is open.
         */
        delete: operations["close_capture"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/capture/frame": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Capture Frame
         * @description The newest picture; ask again for the next one.
         */
        get: operations["capture_frame"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/capture/shot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take Shot
         * @description Take the newest picture into the project.
         */
        post: operations["take_shot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Check
         * @description Look at all images. Result: ``findings`` (how many); read them with `findings`.
         */
        post: operations["start_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Classes
         * @description The classes in their order.
         */
        get: operations["list_classes"];
        put?: never;
        /**
         * Add Class
         * @description Add a class at the end of the list.
         */
        post: operations["add_class"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/classes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Class
         * @description Take a class out of the list, with its annotations.
         */
        delete: operations["remove_class"];
        options?: never;
        head?: never;
        /**
         * Change Class
         * @description Rename a class in all annotations, join it with another by that one's name, or change colour or key.
         */
        patch: operations["change_class"];
        trace?: never;
    };
    "/api/projects/{project}/classes/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Order Classes
         * @description Put the classes into another order.
         */
        put: operations["order_classes"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Correction
         * @description Make corrected copies of images, which take their places. Result: ``change`` (`DoneChange`).
         */
        post: operations["start_correction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/corrections/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview Correction
         * @description What the steps make of an image, at most 1024 pixels wide; the size stands in the header X-Image-Size.
         */
        post: operations["preview_correction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events
         * @description Live events (server-sent events); the first is ``hello`` with the project's revision.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Export
         * @description Write the data in a format. Result: ``url`` of a zip file or ``folder``, and ``lost``: what could not be said.
         */
        post: operations["start_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/exports/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download Export
         * @description A zip file that an export has made.
         */
        get: operations["download_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Findings
         * @description What the last check found, the worst first.
         */
        get: operations["findings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/findings/{finding}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Set Finding
         * @description Dismiss a finding, or take that back.
         */
        patch: operations["set_finding"];
        trace?: never;
    };
    "/api/projects/{project}/findings/{finding}/fix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fix Finding
         * @description Do what the finding's button says; those that lead to another view (show, split, correct) are the browser's.
         */
        post: operations["fix_finding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/gallery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gallery
         * @description A page of the gallery.
         */
        post: operations["gallery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/gallery/ids": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gallery Ids
         * @description The ids of all images that match, in order.
         */
        post: operations["gallery_ids"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/gallery/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gallery Rows
         * @description The rows of these images.
         */
        post: operations["gallery_rows"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * History
         * @description The last changes, newest first.
         */
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Image
         * @description One image with all that is known of it.
         */
        get: operations["read_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/{image}/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Annotate
         * @description Store all annotations of an image; 409 when another window was faster. It is on disk when this answers.
         */
        put: operations["annotate"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/{image}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture
         * @description The whole image as it is shown; ``low`` and ``high`` are the gray values of black and white.
         */
        get: operations["picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/{image}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Thumbnail
         * @description A thumbnail; its longer side is 64, 128, 256 or 512 pixels, whichever is not smaller than asked.
         */
        get: operations["thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/{image}/tiles/{level}/{x}/{y}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Image Tile
         * @description A tile of the pyramid; level 0 has the image's own pixels, each further one half as many a side.
         */
        get: operations["image_tile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/{image}/window": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Window Level
         * @description The image's gray values, for the sliders of window and level.
         */
        get: operations["window_level"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept Predictions
         * @description Take over predictions as labels, for images that the run has answered.
         */
        post: operations["accept_predictions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Label Images
         * @description Label images as a whole.
         */
        post: operations["label_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove Images
         * @description Take images out of the project; their files stay, and undo brings them back.
         */
        post: operations["remove_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Review Images
         * @description Set the state of the review.
         */
        post: operations["review_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/roi": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set Roi
         * @description Set the region of interest of images. Answers of runs to them are dropped: they were for another region.
         */
        post: operations["set_roi"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images/splits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Split Images
         * @description Put images into a split.
         */
        post: operations["split_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Import
         * @description Bring a folder or annotation file of the server in. Result: ``ids`` (how many), ``notes``.
         */
        post: operations["start_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/imports/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview Import
         * @description What an import would bring, without bringing it.
         */
        post: operations["preview_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs
         * @description The jobs of this session, newest first.
         */
        get: operations["list_jobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/jobs/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Job
         * @description One job.
         */
        get: operations["read_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/jobs/{job}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Job
         * @description Ask a job to end; what it has not finished is not changed.
         */
        post: operations["cancel_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/redo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redo
         * @description Make the change again that was taken back last; 409 when there is none.
         */
        post: operations["redo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Runs
         * @description All runs, newest first.
         */
        get: operations["list_runs"];
        put?: never;
        /**
         * Start Run
         * @description Train: queued, and started when the trainings before it are done. 503 where training is not installed.
         */
        post: operations["start_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Run
         * @description One run.
         */
        get: operations["read_run"];
        put?: never;
        post?: never;
        /**
         * Remove Run
         * @description Take a run away, with its model and its answers. This cannot be undone.
         */
        delete: operations["remove_run"];
        options?: never;
        head?: never;
        /**
         * Change Run
         * @description Change its name or note.
         */
        patch: operations["change_run"];
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/curves": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run Curves
         * @description The curves so far.
         */
        get: operations["run_curves"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/evaluation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Evaluate Run
         * @description What the run is worth on a split. Other inference settings are tried without running the network again.
         */
        post: operations["evaluate_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/images/{image}/heatmap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Heatmap
         * @description The heatmap as colours with transparency, in the image's proportions; ``low`` and ``high`` fix its scale.
         */
        get: operations["heatmap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/images/{image}/prediction": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prediction
         * @description The run's answer for an image; the network runs when it has not seen it yet.
         */
        get: operations["prediction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/inference": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change Inference
         * @description Let the run's model decide by these inference settings from now on; its answers are decided anew.
         */
        put: operations["change_inference"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/latency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Measure Latency
         * @description How long one image takes on this machine; it is measured now.
         */
        post: operations["measure_latency"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run Log
         * @description What the training said in words.
         */
        get: operations["run_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/model": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download Model
         * @description The model file, deciding by the inference settings that were chosen here.
         */
        get: operations["download_model"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/onnx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download Onnx
         * @description The network alone, as ONNX: without how images go in and answers come out.
         */
        get: operations["download_onnx"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict Uploads
         * @description Answer images that are sent along; they are not kept.
         */
        post: operations["predict_uploads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/predict-folder": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict Folder
         * @description Answer the images of a folder on the server, the first ones by name.
         */
        post: operations["predict_folder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Predictions
         * @description Let the run answer images; afterwards the gallery shows its answers. Result: ``images`` (how many).
         */
        post: operations["start_predictions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/report.html": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Report Page
         * @description The report as one HTML file to download.
         */
        get: operations["report_page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/report.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Report Json
         * @description The report as JSON to download.
         */
        get: operations["report_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume Run
         * @description Go on from the last whole iteration of a training that was interrupted.
         */
        post: operations["resume_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run Samples
         * @description What the network says of a few validation images as it learns: the event ``sampled`` tells that there is more.
         */
        get: operations["run_samples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/snippets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Snippets
         * @description Code that runs as it is, with this run's model.
         */
        get: operations["snippets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/{run}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop Run
         * @description Stop a training and keep its best; one that waits is taken out of the queue.
         */
        post: operations["stop_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check Run
         * @description Whether these settings and this data can be trained, and what is doubtful about them.
         */
        post: operations["check_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Model
         * @description Bring in a model that was trained elsewhere (``*.sightmill``). Nothing in it is run.
         */
        post: operations["import_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/serving": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Plan Serving
         * @description The line that serves these models with the settings chosen for them, and code that sends an image there.
         */
        post: operations["plan_serving"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/sizes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sizes
         * @description The sizes, channels and depths of the images.
         */
        get: operations["sizes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Split By Rule
         * @description Divide the images by a rule, as one change. Result: ``change`` (`DoneChange`), ``notes``.
         */
        post: operations["split_by_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Suggestions
         * @description Measure untrained networks on this machine, and suggest sizes; `read_suggestions` tells them when it is done.
         */
        post: operations["start_suggestions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/suggestions/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Suggestions
         * @description What a job has suggested.
         */
        get: operations["read_suggestions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo
         * @description Take the last change back; 409 when there is none.
         */
        post: operations["undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload
         * @description Take images in. What is no image, too large or damaged is passed over, and the answer says why.
         */
        post: operations["upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Session Facts
         * @description What this server is, and whether the browser is signed in. Answers without a token, and then says less.
         */
        get: operations["session_facts"];
        put?: never;
        /**
         * Sign In
         * @description Sign in with the token that the server printed; the browser gets a cookie that its scripts cannot read.
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Accept
         * @description Predictions to take over as labels, for images that a run has answered.
         *
         *     Parameters
         *     ----------
         *     run : whose predictions; None takes the active run.
         *     minimum_score : annotations below this score are left out.
         *     replace : True replaces what is known; False only labels images of which nothing is known.
         */
        Accept: {
            /**
             * Minimum Score
             * @default 0
             */
            minimum_score?: number;
            /**
             * Replace
             * @default false
             */
            replace?: boolean;
            /** Run */
            run?: number | null;
            selection: components["schemas"]["Selection"];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Annotating
         * @description All annotations of an image, as they are after the gesture.
         *
         *     Parameters
         *     ----------
         *     annotations : replaces what was there. Empty and ``labelled``: nothing is in the image (or it is good).
         *     labelled : False says that nothing is known of the image.
         *     revision : of the image the drawing is based on; when another window was faster, the answer is 409 with
         *         kind ``Conflict``, and nothing is changed. None overwrites.
         *     title : what was done, for the history ("Draw box").
         */
        Annotating: {
            /** Annotations */
            annotations: components["schemas"]["Labelled"][];
            /**
             * Labelled
             * @default true
             */
            labelled?: boolean;
            /** Revision */
            revision?: number | null;
            /**
             * Title
             * @default Annotate
             */
            title?: string;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Augmented
         * @description Pictures as data URLs, the unchanged image first.
         */
        Augmented: {
            /** Pictures */
            pictures: string[];
        };
        /**
         * Augmenting
         * @description What training would make of an image at random.
         *
         *     Parameters
         *     ----------
         *     settings : the training form's values.
         *     count : how many pictures.
         *     seed : the same seed shows the same pictures while a slider moves.
         *     side : longer side of the pictures, pixels.
         */
        Augmenting: {
            /**
             * Count
             * @default 6
             */
            count?: number;
            /** Image */
            image: number;
            /**
             * Seed
             * @default 0
             */
            seed?: number;
            /**
             * Settings
             * @default {}
             */
            settings?: {
                [key: string]: unknown;
            };
            /**
             * Side
             * @default 224
             */
            side?: number;
        };
        /** Body_import_model */
        Body_import_model: {
            /** File */
            file: string;
        };
        /** Body_predict_uploads */
        Body_predict_uploads: {
            /** Files */
            files: string[];
        };
        /** Body_upload */
        Body_upload: {
            /** Files */
            files: string[];
            /** Label */
            label?: string | null;
            /**
             * Labels From Folders
             * @description Label images by the folder in their names.
             * @default false
             */
            labels_from_folders?: boolean;
            /** Split */
            split?: ("train" | "validation" | "test") | null;
            /**
             * Window
             * @default
             */
            window?: string;
        };
        /**
         * BoxRegion
         * @description An upright rectangle, x1 <= x2 and y1 <= y2, in pixels from the image's top-left corner.
         */
        BoxRegion: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "box";
            /** X1 */
            x1: number;
            /** X2 */
            x2: number;
            /** Y1 */
            y1: number;
            /** Y2 */
            y2: number;
        };
        /**
         * Browse
         * @description A page of the gallery; ``cursor`` is ``next`` of the page before.
         */
        Browse: {
            /** Cursor */
            cursor?: string | null;
            /**
             * Limit
             * @default 100
             */
            limit?: number;
            /**
             * Order
             * @default up
             * @enum {string}
             */
            order?: "up" | "down";
            /**
             * Sort
             * @default added
             * @enum {string}
             */
            sort?: "added" | "name" | "score" | "badness" | "size";
            /** @default {} */
            where?: components["schemas"]["Where"];
        };
        /**
         * Camera
         * @description A camera that OpenCV can open on the server.
         */
        Camera: {
            /** Device */
            device: number;
            /** Title */
            title: string;
        };
        /**
         * Capture
         * @description The open source, if any; ``frame`` is the URL of its newest picture, ``sentence`` what is wrong with it.
         */
        Capture: {
            /** Frame */
            frame: string | null;
            /** Height */
            height: number;
            /** Kind */
            kind: ("camera" | "folder") | null;
            /** Last */
            last: number | null;
            /** Open */
            open: boolean;
            /** Seconds */
            seconds: number;
            /** Sentence */
            sentence: string | null;
            /** Source */
            source: string;
            /** Taken */
            taken: number;
            /** Width */
            width: number;
        };
        /**
         * CaptureStart
         * @description Open a source.
         *
         *     Parameters
         *     ----------
         *     kind : ``camera`` with ``device``, or ``folder`` with ``path`` (within the roots): new files are taken in.
         *     seconds : take an image each so many seconds (camera); 0 only when asked (`shot`).
         *     split, label : what the captured images get.
         */
        CaptureStart: {
            /**
             * Device
             * @default 0
             */
            device?: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "camera" | "folder";
            /** Label */
            label?: string | null;
            /** Path */
            path?: string | null;
            /**
             * Seconds
             * @default 0
             */
            seconds?: number;
            /** Split */
            split?: ("train" | "validation" | "test") | null;
        };
        /**
         * CheckRequest
         * @description Look at all images; ``longer_side`` judges object sizes after scaling to that (0: as they are).
         */
        CheckRequest: {
            /**
             * Longer Side
             * @default 0
             */
            longer_side?: number;
        };
        /**
         * ClassChange
         * @description What to change of a class. A new name goes to all its annotations; the name of another class joins them.
         */
        ClassChange: {
            /** Colour */
            colour?: string | null;
            /** Hotkey */
            hotkey?: string | null;
            /** Name */
            name?: string | null;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * ClassFacts
         * @description A class: its name, colour, place in the list, key, and how many images and objects carry it.
         */
        ClassFacts: {
            /** Colour */
            colour: string;
            /** Good */
            good: boolean;
            /** Hotkey */
            hotkey: string | null;
            /** Id */
            id: number;
            /** Images */
            images: number;
            /** Name */
            name: string;
            /** Objects */
            objects: number;
        };
        /**
         * ClassOrder
         * @description All ids of the classes in their new order.
         */
        ClassOrder: {
            /** Ids */
            ids: number[];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Correcting
         * @description Make corrected copies of images; the copies take their place in the project, the files stay.
         *
         *     Annotations and regions of interest move along. Undo brings the originals back.
         */
        Correcting: {
            selection: components["schemas"]["Selection"];
            /** Steps */
            steps: components["schemas"]["Step"][];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * CorrectionPreview
         * @description What the steps make of one image.
         */
        CorrectionPreview: {
            /** Image */
            image: number;
            /** Steps */
            steps: components["schemas"]["Step"][];
        };
        /**
         * Counts
         * @description How many images there are, and of what kind.
         *
         *     Parameters
         *     ----------
         *     splits : by split; ``none`` are those without. ``unlabelled_splits`` counts the unlabelled ones among them.
         *     classes : images per class and split, ``{label: {split: images}}``.
         *     sizes : how many different sizes the images have.
         *     predicted, wrong : of the active run.
         */
        Counts: {
            /** Classes */
            classes: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** Images */
            images: number;
            /** Labelled */
            labelled: number;
            /** Objects */
            objects: number;
            /** Predicted */
            predicted: number;
            /** Sizes */
            sizes: number;
            /** Splits */
            splits: {
                [key: string]: number;
            };
            /** Unlabelled */
            unlabelled: number;
            /** Unlabelled Splits */
            unlabelled_splits: {
                [key: string]: number;
            };
            /** Unreadable */
            unreadable: number;
            /** Wrong */
            wrong: number;
        };
        /**
         * Curves
         * @description The curves of a run; steps are thinned to at most 2000.
         */
        Curves: {
            /** Scored */
            scored: components["schemas"]["ScoredPoint"][];
            /** Seconds Per Iteration */
            seconds_per_iteration: number | null;
            /** Steps */
            steps: components["schemas"]["StepPoint"][];
        };
        /**
         * DeviceFacts
         * @description An engine on a device; ``note`` names it, or says what is missing.
         */
        DeviceFacts: {
            /** Available */
            available: boolean;
            /** Engine */
            engine: string;
            /** Name */
            name: string;
            /** Note */
            note: string;
            /** Precisions */
            precisions: string[];
        };
        /**
         * DoneChange
         * @description A change that was made and written down.
         *
         *     Parameters
         *     ----------
         *     id : number of the change; None when nothing was different.
         *     title : what was done, in words.
         *     images : how many images changed.
         *     revision : of the project afterwards.
         *     image_revision : new revision of the image, where the change was for one image.
         */
        DoneChange: {
            /** Id */
            id: number | null;
            /** Image Revision */
            image_revision: number | null;
            /** Images */
            images: number;
            redo: components["schemas"]["Undoing"] | null;
            /** Revision */
            revision: number;
            /** Title */
            title: string;
            undo: components["schemas"]["Undoing"] | null;
        };
        /**
         * EstimateFacts
         * @description A figure with its 95 % interval.
         */
        EstimateFacts: {
            /**
             * Better
             * @enum {string}
             */
            better: "higher" | "lower";
            /** Count */
            count: number;
            /** High */
            high: number | null;
            /** Low */
            low: number | null;
            /** Name */
            name: string;
            /** Title */
            title: string;
            /** Value */
            value: number | null;
        };
        /**
         * Evaluating
         * @description Judge a run.
         *
         *     Parameters
         *     ----------
         *     split : which images.
         *     inference : inference settings that differ from the run's own: the live sliders.
         *     roi : look only there (runs the network again for this region).
         *     intervals : with 95 % intervals; leave out while a slider moves.
         *     figures : with plots; leave out while a slider moves.
         */
        Evaluating: {
            /**
             * Figures
             * @default true
             */
            figures?: boolean;
            /**
             * Inference
             * @default {}
             */
            inference?: {
                [key: string]: unknown;
            };
            /**
             * Intervals
             * @default false
             */
            intervals?: boolean;
            /** Roi */
            roi?: (components["schemas"]["WholeRegion"] | components["schemas"]["PointRegion"] | components["schemas"]["BoxRegion"] | components["schemas"]["RotatedBoxRegion"] | components["schemas"]["PolygonRegion"] | components["schemas"]["PolylineRegion"] | components["schemas"]["MaskRegion"]) | null;
            /**
             * Split
             * @default test
             * @enum {string}
             */
            split?: "train" | "validation" | "test" | "all";
        };
        /**
         * Evaluation
         * @description What the run is worth on these images.
         *
         *     Parameters
         *     ----------
         *     ready : False while the network still has to see some images: ``job`` does that; ask again when it is done.
         *     figures : plots as data: ``kind`` (``histogram``, ``curves``, ``matrix``, ``table``), ``title``, ``note`` ...
         *         (`sightmill.evaluation.report`). A matrix has rows = prediction, columns = truth.
         *     images : the worst answers first.
         *     threshold : the inference setting that a draggable T changes (``threshold``); None where the method has none.
         */
        Evaluation: {
            /** Figures */
            figures: {
                [key: string]: unknown;
            }[];
            /** Images */
            images: components["schemas"]["JudgedImage"][];
            /** Inference */
            inference: {
                [key: string]: unknown;
            };
            job: components["schemas"]["Job"] | null;
            /** Labels */
            labels: string[];
            /** Method */
            method: string;
            /** Metrics */
            metrics: components["schemas"]["EstimateFacts"][];
            /** Notes */
            notes: string[];
            /** Ready */
            ready: boolean;
            /** Run */
            run: number;
            /** Split */
            split: string;
            /** Threshold */
            threshold: string | null;
            /** Trained On */
            trained_on: boolean;
        };
        /**
         * Export
         * @description Write the data in a format: as a zip file to download, or into a folder on the server.
         *
         *     Parameters
         *     ----------
         *     format : id of a data format.
         *     selection : which images; None takes all.
         *     folder : within the roots, must be empty or missing; None makes a zip file.
         */
        Export: {
            /** Folder */
            folder?: string | null;
            /** Format */
            format: string;
            selection?: components["schemas"]["Selection"] | null;
        };
        /**
         * Failure
         * @description Why it did not work: the sentence, and its parts.
         *
         *     Parameters
         *     ----------
         *     sentence : all of it, for people.
         *     kind : the error's name (``SettingsError``, ``NotFound``, ``Conflict`` ...).
         *     what, where, got, allowed, remedy : the parts, see `sightmill.errors`.
         */
        Failure: {
            /** Allowed */
            allowed: string | null;
            /** Got */
            got: string | null;
            /** Kind */
            kind: string;
            /** Remedy */
            remedy: string | null;
            /** Sentence */
            sentence: string;
            /** What */
            what: string;
            /** Where */
            where: string | null;
        };
        /**
         * FileEntry
         * @description A folder or file on the server.
         */
        FileEntry: {
            /** Name */
            name: string;
            /** Path */
            path: string;
        };
        /**
         * FindingFacts
         * @description One entry of the to-do list.
         *
         *     Parameters
         *     ----------
         *     images : ids of the images it is about (at most 1000), ``count`` how many there are.
         *     fix : what its button does; None when only a person can.
         *     state : ``open``, ``done`` (fixed here) or ``dismissed``.
         */
        FindingFacts: {
            /** Code */
            code: string;
            /** Count */
            count: number;
            fix: components["schemas"]["Fix"] | null;
            /** Id */
            id: number;
            /** Images */
            images: number[];
            /**
             * Level
             * @enum {string}
             */
            level: "error" | "warning" | "info";
            /** Remedy */
            remedy: string;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "done" | "dismissed";
            /** What */
            what: string;
        };
        /**
         * Findings
         * @description The last check; ``current`` is False when the data has changed since.
         */
        Findings: {
            /** Checked At */
            checked_at: string | null;
            /** Current */
            current: boolean;
            /** Items */
            items: components["schemas"]["FindingFacts"][];
        };
        /**
         * FindingState
         * @description Dismiss a finding, or take that back.
         */
        FindingState: {
            /**
             * State
             * @enum {string}
             */
            state: "open" | "dismissed";
        };
        /**
         * Fix
         * @description What the button of a finding does.
         */
        Fix: {
            /**
             * Action
             * @enum {string}
             */
            action: "remove" | "remove_copies" | "show" | "split" | "same_split" | "to_test" | "remove_class" | "correct";
            /** Title */
            title: string;
        };
        /**
         * Folder
         * @description A folder on the server, within the roots.
         *
         *     Parameters
         *     ----------
         *     path : None lists the roots.
         *     parent : the folder above it, where that may be read.
         *     folders, files : what is in it; of files only annotation files and models (at most 1000 of each).
         *     images : how many image files lie directly in it.
         *     samples : paths of up to six of these images.
         */
        Folder: {
            /** Files */
            files: components["schemas"]["FileEntry"][];
            /** Folders */
            folders: components["schemas"]["FileEntry"][];
            /** Images */
            images: number;
            /** Parent */
            parent: string | null;
            /** Path */
            path: string | null;
            /** Samples */
            samples: string[];
        };
        /**
         * FolderPredicting
         * @description Run the model over a folder on the server (within the roots); at most ``limit`` images.
         */
        FolderPredicting: {
            /**
             * Limit
             * @default 24
             */
            limit?: number;
            /** Path */
            path: string;
        };
        /**
         * FormatFacts
         * @description A data format that is read and written.
         */
        FormatFacts: {
            /** Id */
            id: string;
            /** Title */
            title: string;
        };
        /**
         * GalleryPage
         * @description A page of the gallery; `next` is the cursor of the following page, None at the end.
         */
        GalleryPage: {
            /** Items */
            items: components["schemas"]["ImageRow"][];
            /** Next */
            next: string | null;
            /** Total */
            total: number;
        };
        /**
         * History
         * @description The last changes, newest first.
         */
        History: {
            /** Entries */
            entries: components["schemas"]["HistoryEntry"][];
        };
        /**
         * HistoryEntry
         * @description One change; ``undone`` ones can be done again, the nearest first.
         */
        HistoryEntry: {
            /** At */
            at: string;
            /** Id */
            id: number;
            /** Images */
            images: number;
            /** Title */
            title: string;
            /** Undone */
            undone: boolean;
        };
        /**
         * Image
         * @description One image with all that is known of it.
         *
         *     Parameters
         *     ----------
         *     annotations : truth.
         *     roi : region of interest.
         *     tile_size, levels : the pyramid; ``tiles`` is the URL to fill in (``{level}``, ``{x}``, ``{y}``).
         *     picture : URL of the whole image as it is shown.
         *     file : where the file is on the server.
         *     copied : whether it lies in the project's own folder.
         */
        Image: {
            /** Annotations */
            annotations: components["schemas"]["Labelled"][];
            /** Attributes */
            attributes: {
                [key: string]: string;
            };
            /** Badness */
            badness: number | null;
            /** Bytes */
            bytes: number;
            /** Channels */
            channels: number;
            /** Confident */
            confident: boolean | null;
            /** Copied */
            copied: boolean;
            /** Dtype */
            dtype: string;
            /** File */
            file: string;
            /** Height */
            height: number;
            /** Id */
            id: number;
            /** Label */
            label: string | null;
            /** Labelled */
            labelled: boolean;
            /** Labels */
            labels: string[];
            /** Levels */
            levels: components["schemas"]["Level"][];
            /** Name */
            name: string;
            /** Notes */
            notes: string[];
            /** Objects */
            objects: number;
            /** Picture */
            picture: string;
            /** Predicted */
            predicted: string | null;
            /** Problem */
            problem: string | null;
            /**
             * Review
             * @enum {string}
             */
            review: "open" | "accepted" | "rejected";
            /** Revision */
            revision: number;
            /** Roi */
            roi: (components["schemas"]["WholeRegion"] | components["schemas"]["PointRegion"] | components["schemas"]["BoxRegion"] | components["schemas"]["RotatedBoxRegion"] | components["schemas"]["PolygonRegion"] | components["schemas"]["PolylineRegion"] | components["schemas"]["MaskRegion"]) | null;
            /** Score */
            score: number | null;
            /** Split */
            split: ("train" | "validation" | "test") | null;
            /** Thumbnail */
            thumbnail: string;
            /** Tile Size */
            tile_size: number;
            /** Tiles */
            tiles: string;
            /** Version */
            version: string;
            /** Width */
            width: number;
            /** Wrong */
            wrong: boolean | null;
        };
        /**
         * ImageIds
         * @description The ids of all images that match, in order: for the scroll bar and for "select all".
         */
        ImageIds: {
            /** Ids */
            ids: number[];
        };
        /**
         * ImageRow
         * @description An image in the gallery.
         *
         *     Parameters
         *     ----------
         *     version : changes when the pixels do: put it into the URLs of pictures.
         *     revision : rises with each change of what is known about it.
         *     labels : of the image as a whole and of its objects, each once.
         *     objects : regions that are not the whole image.
         *     thumbnail : URL of its thumbnail.
         *     predicted, score, wrong, confident : of the active (or asked for) run; None where it has no answer.
         *     problem : why it cannot be read.
         */
        ImageRow: {
            /** Badness */
            badness: number | null;
            /** Channels */
            channels: number;
            /** Confident */
            confident: boolean | null;
            /** Dtype */
            dtype: string;
            /** Height */
            height: number;
            /** Id */
            id: number;
            /** Label */
            label: string | null;
            /** Labelled */
            labelled: boolean;
            /** Labels */
            labels: string[];
            /** Name */
            name: string;
            /** Objects */
            objects: number;
            /** Predicted */
            predicted: string | null;
            /** Problem */
            problem: string | null;
            /**
             * Review
             * @enum {string}
             */
            review: "open" | "accepted" | "rejected";
            /** Revision */
            revision: number;
            /** Score */
            score: number | null;
            /** Split */
            split: ("train" | "validation" | "test") | null;
            /** Thumbnail */
            thumbnail: string;
            /** Version */
            version: string;
            /** Width */
            width: number;
            /** Wrong */
            wrong: boolean | null;
        };
        /**
         * Import
         * @description A folder or annotation file on the server to bring in.
         *
         *     Parameters
         *     ----------
         *     path : within the roots.
         *     format : id of a data format; None finds it.
         *     images : folder of the images that the annotations name; None is beside them.
         *     copy_files : True copies the images into the project; False uses them where they are.
         *     plain : True takes the images of a folder and reads no annotations.
         */
        Import: {
            /**
             * Copy Files
             * @default false
             */
            copy_files?: boolean;
            /** Format */
            format?: string | null;
            /** Images */
            images?: string | null;
            /** Path */
            path: string;
            /**
             * Plain
             * @default false
             */
            plain?: boolean;
        };
        /**
         * ImportPreview
         * @description What an import would bring.
         */
        ImportPreview: {
            /** Format */
            format: string;
            /** Images */
            images: number;
            /** Labelled */
            labelled: number;
            /** Labels */
            labels: string[];
            /** Notes */
            notes: string[];
            /** Regions */
            regions: {
                [key: string]: number;
            };
            /** Splits */
            splits: {
                [key: string]: number;
            };
            /** Title */
            title: string;
        };
        /**
         * InferenceChange
         * @description The inference settings that the run's model decides with from now on; those left out become its own again.
         */
        InferenceChange: {
            /** Values */
            values: {
                [key: string]: unknown;
            };
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Job
         * @description Work in the background.
         *
         *     Parameters
         *     ----------
         *     kind : ``import``, ``export``, ``split``, ``check``, ``correct``, ``predict``, ``suggest`` ...
         *     state : ``running``, ``done``, ``failed`` or ``cancelled``.
         *     sentence : what it does or did, or why it failed.
         *     result : what it made, by kind: see the route that started it.
         */
        Job: {
            /** Done */
            done: number;
            /** Id */
            id: number;
            /** Kind */
            kind: string;
            /** Result */
            result: {
                [key: string]: unknown;
            };
            /** Sentence */
            sentence: string;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "done" | "failed" | "cancelled";
            /** Title */
            title: string;
            /** Total */
            total: number;
        };
        /**
         * JudgedImage
         * @description One judged image; ``good`` is whether its truth says that nothing is wrong, for anomaly detection.
         */
        JudgedImage: {
            /** Answer */
            answer: string | null;
            /** Badness */
            badness: number;
            /** Good */
            good: boolean | null;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Score */
            score: number | null;
            /** Thumbnail */
            thumbnail: string;
            /** Truth */
            truth: string;
            /** Wrong */
            wrong: boolean;
        };
        /**
         * Labelled
         * @description An annotation: a region with a label; a prediction also has a score.
         */
        Labelled: {
            /**
             * Attributes
             * @default {}
             */
            attributes?: {
                [key: string]: string;
            };
            /**
             * Label
             * @default
             */
            label?: string;
            /** Region */
            region: components["schemas"]["WholeRegion"] | components["schemas"]["PointRegion"] | components["schemas"]["BoxRegion"] | components["schemas"]["RotatedBoxRegion"] | components["schemas"]["PolygonRegion"] | components["schemas"]["PolylineRegion"] | components["schemas"]["MaskRegion"];
            /** Score */
            score?: number | null;
            /** Text */
            text?: string | null;
        };
        /**
         * Labelling
         * @description A label for images as a whole.
         *
         *     ``set`` replaces their image labels (regions stay), ``add`` and ``remove`` are for several labels per image,
         *     ``clear`` takes all annotations away: nothing is known of them then.
         */
        Labelling: {
            /**
             * Action
             * @default set
             * @enum {string}
             */
            action?: "set" | "add" | "remove" | "clear";
            /**
             * Label
             * @default
             */
            label?: string;
            selection: components["schemas"]["Selection"];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Latency
         * @description Milliseconds for one image on this machine, median of several.
         */
        Latency: {
            /** Decode */
            decode: number;
            /** Device */
            device: string;
            /** Engine */
            engine: string;
            /** Height */
            height: number;
            /** Network */
            network: number;
            /** Precision */
            precision: string;
            /** Processor */
            processor: string;
            /** Tiles */
            tiles: number;
            /** Total */
            total: number;
            /** Version */
            version: string;
            /** View */
            view: number;
            /** Width */
            width: number;
        };
        /**
         * Level
         * @description One level of the pyramid; level 0 has the image's own pixels.
         */
        Level: {
            /** Columns */
            columns: number;
            /** Height */
            height: number;
            /** Level */
            level: number;
            /** Rows */
            rows: number;
            /** Width */
            width: number;
        };
        /**
         * Limits
         * @description What uploads are held to.
         */
        Limits: {
            /** File Bytes */
            file_bytes: number;
            /** Files */
            files: number;
            /** Image Suffixes */
            image_suffixes: string[];
            /** Pixels */
            pixels: number;
            /** Request Bytes */
            request_bytes: number;
        };
        /**
         * LiveAnswer
         * @description The answer for an uploaded image; ``answer`` is it in a few words; pictures are data URLs (at most 1024 pixels
         *     wide).
         */
        LiveAnswer: {
            /** Annotations */
            annotations: components["schemas"]["Labelled"][];
            /** Answer */
            answer: string;
            /** Confidences */
            confidences: {
                [key: string]: number;
            };
            /** Flags */
            flags: {
                [key: string]: boolean;
            };
            /** Heatmap */
            heatmap: string | null;
            /** Height */
            height: number;
            /** Label */
            label: string | null;
            /** Milliseconds */
            milliseconds: number;
            /** Name */
            name: string;
            /** Picture */
            picture: string;
            /** Score */
            score: number | null;
            /** Values */
            values: {
                [key: string]: number | null;
            };
            /** Width */
            width: number;
        };
        /**
         * LivePredictions
         * @description Answers in the order of the files, and the files that could not be used.
         */
        LivePredictions: {
            /** Answers */
            answers: components["schemas"]["LiveAnswer"][];
            /** Skipped */
            skipped: components["schemas"]["Skipped"][];
        };
        /**
         * Log
         * @description What the training said, oldest first (at most 2000 lines).
         */
        Log: {
            /** Lines */
            lines: string[];
        };
        /**
         * Login
         * @description The token that the server printed when it was started.
         */
        Login: {
            /** Token */
            token: string;
        };
        /**
         * MaskRegion
         * @description Pixels: run lengths in rows, the first of them not covered, over a window set at (x, y) in the image.
         */
        MaskRegion: {
            /** Height */
            height: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "mask";
            /** Runs */
            runs: number[];
            /** Width */
            width: number;
            /** X */
            x: number;
            /** Y */
            y: number;
        };
        /**
         * MethodFacts
         * @description A method: what the chooser, the toolbar and the forms need.
         *
         *     ``tools`` are the region kinds to draw for its truth; ``training`` and ``inference`` are its forms, in order;
         *     the two schemas say the same as JSON Schema.
         */
        MethodFacts: {
            /** Answers With */
            answers_with: string[];
            /** Id */
            id: string;
            /** Inference */
            inference: components["schemas"]["Parameter"][];
            /** Inference Schema */
            inference_schema: {
                [key: string]: unknown;
            };
            /** Learns From */
            learns_from: string;
            /** Metrics */
            metrics: components["schemas"]["MetricFacts"][];
            /** Summary */
            summary: string;
            /** Title */
            title: string;
            /** Tools */
            tools: string[];
            /** Training */
            training: components["schemas"]["Parameter"][];
            /** Training Schema */
            training_schema: {
                [key: string]: unknown;
            };
        };
        /**
         * MetricFacts
         * @description A figure of merit; ``better`` says which way is good, ``limit`` the best value.
         */
        MetricFacts: {
            /**
             * Better
             * @enum {string}
             */
            better: "higher" | "lower";
            /** Limit */
            limit: number;
            /** Name */
            name: string;
            /** Title */
            title: string;
        };
        /**
         * NewClass
         * @description A class to add; without a colour it gets one that no other class has.
         */
        NewClass: {
            /** Colour */
            colour?: string | null;
            /** Hotkey */
            hotkey?: string | null;
            /** Name */
            name: string;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * NewProject
         * @description A project to make; its folder is made in the projects folder, named after it.
         */
        NewProject: {
            /** Method */
            method: string;
            /** Name */
            name: string;
        };
        /**
         * NewRun
         * @description Train. It starts when the trainings before it are done.
         *
         *     Parameters
         *     ----------
         *     settings : values that differ from the defaults.
         *     name : how to call it; empty takes a number.
         *     start_from : a run whose model is the start.
         */
        NewRun: {
            /**
             * Name
             * @default
             */
            name?: string;
            /**
             * Settings
             * @default {}
             */
            settings?: {
                [key: string]: unknown;
            };
            /** Start From */
            start_from?: number | null;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Parameter
         * @description One parameter of a method: all that a form needs. 0 or null may mean "choose": the help says so.
         */
        Parameter: {
            /** Advanced */
            advanced: boolean;
            /** Choices */
            choices: unknown[];
            /** Default */
            default: unknown;
            /** Exclusive Maximum */
            exclusive_maximum: boolean;
            /** Exclusive Minimum */
            exclusive_minimum: boolean;
            /** Group */
            group: string;
            /** Help */
            help: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "bool" | "int" | "float" | "choice" | "text" | "list";
            /** Maximum */
            maximum: number | null;
            /** Minimum */
            minimum: number | null;
            /** Name */
            name: string;
            /** Optional */
            optional: boolean;
            /** Title */
            title: string;
            /** Unit */
            unit: string;
        };
        /**
         * PointRegion
         * @description A place.
         */
        PointRegion: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "point";
            /** X */
            x: number;
            /** Y */
            y: number;
        };
        /**
         * PolygonRegion
         * @description Closed outlines of at least three corners each; the region is their union.
         */
        PolygonRegion: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "polygon";
            /** Parts */
            parts: number[][][];
        };
        /**
         * PolylineRegion
         * @description Open lines of at least two corners each.
         */
        PolylineRegion: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "polyline";
            /** Parts */
            parts: number[][][];
        };
        /**
         * Predicting
         * @description Let a run answer images; what it has answered already is kept unless ``anew``.
         */
        Predicting: {
            /**
             * Anew
             * @default false
             */
            anew?: boolean;
            selection?: components["schemas"]["Selection"] | null;
        };
        /**
         * Prediction
         * @description A run's answer for an image, decided with the given inference settings.
         *
         *     Parameters
         *     ----------
         *     values, flags, confidences : named numbers, yes/no answers, and a score per class.
         *     truth : the truth in a word; empty when it is not known.
         *     heatmap : URL of the heatmap (colours with transparency); None where the method has none.
         *     heat_low, heat_high : the values at its cold and hot end.
         */
        Prediction: {
            /** Annotations */
            annotations: components["schemas"]["Labelled"][];
            /** Badness */
            badness: number | null;
            /** Confidences */
            confidences: {
                [key: string]: number;
            };
            /** Flags */
            flags: {
                [key: string]: boolean;
            };
            /** Heat High */
            heat_high: number | null;
            /** Heat Low */
            heat_low: number | null;
            /** Heatmap */
            heatmap: string | null;
            /** Image */
            image: number;
            /** Label */
            label: string | null;
            /** Run */
            run: number;
            /** Score */
            score: number | null;
            /** Truth */
            truth: string;
            /** Values */
            values: {
                [key: string]: number | null;
            };
            /** Wrong */
            wrong: boolean | null;
        };
        /**
         * Project
         * @description A project: everything around the images.
         *
         *     Parameters
         *     ----------
         *     revision : rises with each change; a window that has seen this number has seen everything.
         *     settings : the training form's values that differ from the defaults.
         *     steps : state of the six steps, by ``images``, ``label``, ``check``, ``train``, ``judge``, ``deploy``.
         */
        Project: {
            /** Active Run */
            active_run: number | null;
            /** Classes */
            classes: components["schemas"]["ClassFacts"][];
            counts: components["schemas"]["Counts"];
            /** Created */
            created: string;
            /** Folder */
            folder: string;
            /** Id */
            id: string;
            /** Method */
            method: string;
            /** Name */
            name: string;
            redo: components["schemas"]["Undoing"] | null;
            /** Revision */
            revision: number;
            /** Settings */
            settings: {
                [key: string]: unknown;
            };
            /** Steps */
            steps: {
                [key: string]: components["schemas"]["StepState"];
            };
            undo: components["schemas"]["Undoing"] | null;
        };
        /**
         * ProjectChange
         * @description What to change; ``settings`` are the training form's values that differ from the defaults.
         */
        ProjectChange: {
            /**
             * Active Run
             * @description The run whose answers the gallery shows; 0 for none.
             */
            active_run?: number | null;
            /** Method */
            method?: string | null;
            /** Name */
            name?: string | null;
            /** Settings */
            settings?: {
                [key: string]: unknown;
            } | null;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * ProjectSummary
         * @description A project in the list; ``problem`` says why it cannot be opened, ``pictures`` are URLs of thumbnails.
         */
        ProjectSummary: {
            /** Changed */
            changed: string | null;
            /** Folder */
            folder: string;
            /** Id */
            id: string;
            /** Images */
            images: number;
            /** Method */
            method: string | null;
            /** Name */
            name: string;
            /** Pictures */
            pictures: string[];
            /** Problem */
            problem: string | null;
        };
        /**
         * Removing
         * @description Images to take out of the project. Their files stay; undo brings them back.
         */
        Removing: {
            selection: components["schemas"]["Selection"];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Reviewing
         * @description The state of the review for images.
         */
        Reviewing: {
            /**
             * Review
             * @enum {string}
             */
            review: "open" | "accepted" | "rejected";
            selection: components["schemas"]["Selection"];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Roi
         * @description A region of interest for images; None takes it away.
         */
        Roi: {
            /** Roi */
            roi: (components["schemas"]["WholeRegion"] | components["schemas"]["PointRegion"] | components["schemas"]["BoxRegion"] | components["schemas"]["RotatedBoxRegion"] | components["schemas"]["PolygonRegion"] | components["schemas"]["PolylineRegion"] | components["schemas"]["MaskRegion"]) | null;
            selection: components["schemas"]["Selection"];
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * RotatedBoxRegion
         * @description A turned rectangle: centre, sides, and degrees clockwise as seen on the screen.
         */
        RotatedBoxRegion: {
            /** Angle */
            angle: number;
            /** Cx */
            cx: number;
            /** Cy */
            cy: number;
            /** Height */
            height: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "rotated_box";
            /** Width */
            width: number;
        };
        /**
         * Rows
         * @description The rows of these images, in this order; those that are not there are left out.
         */
        Rows: {
            /** Ids */
            ids: number[];
            /** Run */
            run?: number | null;
        };
        /**
         * Run
         * @description One training, or an imported model.
         *
         *     Parameters
         *     ----------
         *     state : ``interrupted`` can be resumed; ``stopped`` was stopped and kept its best; ``failed`` has an error.
         *     settings : values asked for that differ from the defaults; ``resolved`` all of them, once it has started.
         *     inference : the settings its model decides with now (``PUT .../inference`` changes them).
         *     progress : share done, 0 to 1; None where only running can tell.
         *     seconds_left, seconds : expected, and spent.
         *     stage : what it does now, in words.
         *     model : whether there is a model to use.
         *     can_resume : whether there is a checkpoint to go on from.
         *     memory_bytes : of the process, last seen.
         *     error : the sentence of a failure.
         */
        Run: {
            /** Best Iteration */
            best_iteration: number | null;
            /** Can Resume */
            can_resume: boolean;
            /** Created */
            created: string;
            /** Device */
            device: string | null;
            /** Ended */
            ended: string | null;
            /** Error */
            error: string | null;
            /** Id */
            id: number;
            /** Images */
            images: {
                [key: string]: number;
            };
            /** Inference */
            inference: {
                [key: string]: unknown;
            } | null;
            /** Iteration */
            iteration: number | null;
            /** Labels */
            labels: string[];
            /** Memory Bytes */
            memory_bytes: number | null;
            /** Method */
            method: string;
            /** Metrics */
            metrics: {
                [key: string]: number | null;
            };
            /** Model */
            model: boolean;
            /** Name */
            name: string;
            /** Note */
            note: string;
            /** Notes */
            notes: string[];
            /** Predicted */
            predicted: number;
            /** Progress */
            progress: number | null;
            /** Resolved */
            resolved: {
                [key: string]: unknown;
            } | null;
            /** Seconds */
            seconds: number | null;
            /** Seconds Left */
            seconds_left: number | null;
            /** Settings */
            settings: {
                [key: string]: unknown;
            };
            /** Stage */
            stage: string;
            /** Start From */
            start_from: number | null;
            /** Started */
            started: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "stopping" | "finished" | "stopped" | "failed" | "interrupted" | "imported";
            /** Stopped By */
            stopped_by: string | null;
        };
        /**
         * RunChange
         * @description A new name or note.
         */
        RunChange: {
            /** Name */
            name?: string | null;
            /** Note */
            note?: string | null;
        };
        /**
         * RunCheck
         * @description Ask whether these settings and this data can be trained.
         */
        RunCheck: {
            /**
             * Settings
             * @default {}
             */
            settings?: {
                [key: string]: unknown;
            };
        };
        /**
         * RunChecked
         * @description What training would say before it starts.
         *
         *     Parameters
         *     ----------
         *     findings : errors keep it from starting, warnings make its result doubtful: level, what, remedy.
         *     images : how many would train and validate (0 validation images: some are set aside).
         */
        RunChecked: {
            /** Findings */
            findings: {
                [key: string]: string;
            }[];
            /** Images */
            images: {
                [key: string]: number;
            };
            /** Labels */
            labels: string[];
            /** Ready */
            ready: boolean;
            /** Resolved */
            resolved: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * SampledImage
         * @description What the network says of one validation image at this point of its training.
         */
        SampledImage: {
            /** Annotations */
            annotations: components["schemas"]["Labelled"][];
            /** Answer */
            answer: string;
            /** Height */
            height: number;
            /** Image */
            image: number;
            /** Name */
            name: string;
            /** Score */
            score: number | null;
            /** Thumbnail */
            thumbnail: string;
            /** Truth */
            truth: string;
            /** Width */
            width: number;
            /** Wrong */
            wrong: boolean;
        };
        /**
         * Samples
         * @description Answers for a few validation images, as of the last validated iteration; None before the first.
         */
        Samples: {
            /** Images */
            images: components["schemas"]["SampledImage"][];
            /** Iteration */
            iteration: number | null;
        };
        /**
         * ScoredPoint
         * @description A validated iteration.
         */
        ScoredPoint: {
            /** Best */
            best: boolean;
            /** Epoch */
            epoch: number;
            /** Iteration */
            iteration: number;
            /** Metrics */
            metrics: {
                [key: string]: number | null;
            };
            /** Seconds */
            seconds: number | null;
            /** Training Loss */
            training_loss: number | null;
            /** Validation Loss */
            validation_loss: number | null;
        };
        /**
         * Selection
         * @description The images an action is for: those named by id, or all that match; exactly one of the two.
         */
        Selection: {
            /** Ids */
            ids?: number[] | null;
            where?: components["schemas"]["Where"] | null;
        };
        /**
         * Serving
         * @description How `sightmill serve` shall be started.
         *
         *     Parameters
         *     ----------
         *     runs : whose models are served.
         *     token : what programs must know; None or empty makes one where it is needed.
         */
        Serving: {
            /**
             * Host
             * @default 127.0.0.1
             */
            host?: string;
            /**
             * Port
             * @default 8770
             */
            port?: number;
            /** Runs */
            runs: number[];
            /** Token */
            token?: string | null;
        };
        /**
         * ServingFacts
         * @description What to type, and what programs then send.
         *
         *     Parameters
         *     ----------
         *     command : the line that starts the server.
         *     address : what programs on this machine call it.
         *     token : what they must send with each request; None where none is needed.
         *     snippets : an image sent to the first of the models.
         */
        ServingFacts: {
            /** Address */
            address: string;
            /** Command */
            command: string;
            /** Notes */
            notes: string[];
            /** Snippets */
            snippets: components["schemas"]["Snippet"][];
            /** Token */
            token: string | null;
        };
        /**
         * Session
         * @description What this server is.
         *
         *     Parameters
         *     ----------
         *     signed_in : False when a token is needed and the cookie does not carry it; then only this route answers.
         *     token_needed : whether the server is reached from other machines, so that a token is asked for.
         *     projects_folder : where new projects are made.
         *     roots : folders on the server that may be read.
         *     can_train : whether PyTorch is installed; `training_remedy` says what to type when it is not.
         *     first_project : the project that the studio was started with.
         */
        Session: {
            /** Can Train */
            can_train: boolean;
            /** First Project */
            first_project: string | null;
            limits: components["schemas"]["Limits"];
            /** Projects Folder */
            projects_folder: string;
            /** Roots */
            roots: string[];
            /** Signed In */
            signed_in: boolean;
            /** Token Needed */
            token_needed: boolean;
            /** Training Remedy */
            training_remedy: string | null;
            /** Version */
            version: string;
        };
        /**
         * SizeRow
         * @description So many images have this size.
         */
        SizeRow: {
            /** Height */
            height: number;
            /** Images */
            images: number;
            /** Width */
            width: number;
        };
        /**
         * Sizes
         * @description The image-size distribution, most frequent first, with channels and depths.
         *
         *     ``suggestion`` is the correction that would bring all images to one size, in a sentence; None if they have one.
         */
        Sizes: {
            /** Channels */
            channels: {
                [key: string]: number;
            };
            /** Depths */
            depths: {
                [key: string]: number;
            };
            /** Sizes */
            sizes: components["schemas"]["SizeRow"][];
            /** Suggested */
            suggested: components["schemas"]["Step"][];
            /** Suggestion */
            suggestion: string | null;
        };
        /**
         * Skipped
         * @description A file that was not taken, and why.
         */
        Skipped: {
            /** Name */
            name: string;
            /** Sentence */
            sentence: string;
        };
        /**
         * Snippet
         * @description Code that runs as it is.
         */
        Snippet: {
            /** Code */
            code: string;
            /** Id */
            id: string;
            /** Language */
            language: string;
            /** Title */
            title: string;
        };
        /**
         * Sorted
         * @description The images that match, sorted. Sorted by score or badness, those without a prediction come last.
         */
        Sorted: {
            /**
             * Order
             * @default up
             * @enum {string}
             */
            order?: "up" | "down";
            /**
             * Sort
             * @default added
             * @enum {string}
             */
            sort?: "added" | "name" | "score" | "badness" | "size";
            /** @default {} */
            where?: components["schemas"]["Where"];
        };
        /**
         * SplitRule
         * @description Divide the images by a rule.
         *
         *     Parameters
         *     ----------
         *     train, validation, test : percent that add up to 100, or numbers of images.
         *     group : an attribute of the images or a pattern with one group in parentheses; images of a group stay together.
         *     anew : also deal out images that have a split already.
         *     near_duplicates : read all images and keep near-duplicates in one split.
         */
        SplitRule: {
            /**
             * Anew
             * @default false
             */
            anew?: boolean;
            /** Group */
            group?: string | null;
            /**
             * Near Duplicates
             * @default true
             */
            near_duplicates?: boolean;
            /**
             * Seed
             * @default 42
             */
            seed?: number;
            /**
             * Test
             * @default 15
             */
            test?: number;
            /**
             * Train
             * @default 70
             */
            train?: number;
            /**
             * Unit
             * @default percent
             * @enum {string}
             */
            unit?: "percent" | "count";
            /**
             * Validation
             * @default 15
             */
            validation?: number;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Splitting
         * @description A split for images; None takes it away.
         */
        Splitting: {
            selection: components["schemas"]["Selection"];
            /** Split */
            split: ("train" | "validation" | "test") | null;
            /**
             * Window
             * @description The browser window's own id; events carry it back.
             * @default
             */
            window?: string;
        };
        /**
         * Step
         * @description One correction. Which fields count depends on the kind.
         *
         *     ``crop``: x, y, width, height (pixels). ``pad``: to width and height, around the middle, with ``fill`` (gray value
         *     as a share of white, or mirrored when None). ``resize``: to width and height; ``keep_aspect`` fits it in and
         *     pads. ``rotate``: by ``angle`` (0, 90, 180, 270 degrees clockwise). ``gray``: no fields.
         */
        Step: {
            /**
             * Angle
             * @default 0
             * @enum {integer}
             */
            angle?: 0 | 90 | 180 | 270;
            /** Fill */
            fill?: number | null;
            /** Height */
            height?: number | null;
            /**
             * Keep Aspect
             * @default true
             */
            keep_aspect?: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "crop" | "pad" | "resize" | "rotate" | "gray";
            /** Width */
            width?: number | null;
            /**
             * X
             * @default 0
             */
            x?: number;
            /**
             * Y
             * @default 0
             */
            y?: number;
        };
        /**
         * StepPoint
         * @description A step of the descent; ``at`` in iterations (fractions), ``loss`` the sum of the losses.
         */
        StepPoint: {
            /** At */
            at: number;
            /** Learning Rate */
            learning_rate: number | null;
            /** Loss */
            loss: number | null;
            /** Losses */
            losses: {
                [key: string]: number | null;
            };
        };
        /**
         * StepState
         * @description How far one of the six steps is: a state, a few words for the rail, a number where there is one.
         */
        StepState: {
            /** Number */
            number: number | null;
            /**
             * State
             * @enum {string}
             */
            state: "empty" | "todo" | "busy" | "done" | "problem";
            /** Words */
            words: string;
        };
        /**
         * SuggestedSetting
         * @description One setting with its suggested value and the reason.
         */
        SuggestedSetting: {
            /** Name */
            name: string;
            /** Reason */
            reason: string;
            /** Title */
            title: string;
            /** Unit */
            unit: string;
            /** Value */
            value: number | string;
        };
        /**
         * SuggestedSettings
         * @description What is suggested for a training: settings, what was measured on the way, and doubts.
         */
        SuggestedSettings: {
            /** Notes */
            notes: string[];
            /** Suggestions */
            suggestions: components["schemas"]["SuggestedSetting"][];
            /** Timed */
            timed: components["schemas"]["TimedChoice"][];
        };
        /**
         * Suggesting
         * @description Ask for sizes that suit the labels, and the time that one image may take; None sets no limit.
         */
        Suggesting: {
            /** Budget Ms */
            budget_ms?: number | null;
        };
        /**
         * TimedChoice
         * @description Milliseconds for one image with these settings on this machine; how large small objects are for the network.
         */
        TimedChoice: {
            /** Downsample */
            downsample: number;
            /** Image Size */
            image_size: number;
            /** Milliseconds */
            milliseconds: number;
            /** Network Depth */
            network_depth: number;
            /** Objects */
            objects: number | null;
        };
        /**
         * Undoing
         * @description What undo or redo would do next.
         */
        Undoing: {
            /** Id */
            id: number;
            /** Title */
            title: string;
        };
        /**
         * Uploaded
         * @description The images that came in, and the files that did not.
         */
        Uploaded: {
            /** Ids */
            ids: number[];
            /** Revision */
            revision: number;
            /** Skipped */
            skipped: components["schemas"]["Skipped"][];
        };
        /**
         * Where
         * @description Which images: all conditions that are given must hold.
         *
         *     Parameters
         *     ----------
         *     label : an annotation has this label.
         *     split : the split; ``none`` for images without one.
         *     labelled : whether anything is known of the image.
         *     wrong, confident : what the active run (or ``run``) says of it; images without a prediction match neither.
         *     predicted : whether the run has an answer for it; ``predicted_label`` which one.
         *     text : part of the file name, case ignored.
         *     review : state of the review.
         *     width, height : image size in pixels.
         *     run : the run that wrong, confident, predicted and the scores speak of; None takes the active one.
         */
        Where: {
            /** Confident */
            confident?: boolean | null;
            /** Height */
            height?: number | null;
            /** Label */
            label?: string | null;
            /** Labelled */
            labelled?: boolean | null;
            /** Predicted */
            predicted?: boolean | null;
            /** Predicted Label */
            predicted_label?: string | null;
            /** Review */
            review?: ("open" | "accepted" | "rejected") | null;
            /** Run */
            run?: number | null;
            /** Split */
            split?: ("train" | "validation" | "test" | "none") | null;
            /** Text */
            text?: string | null;
            /** Width */
            width?: number | null;
            /** Wrong */
            wrong?: boolean | null;
        };
        /**
         * WholeRegion
         * @description The whole image.
         */
        WholeRegion: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "whole";
        };
        /**
         * WindowLevel
         * @description Gray values of an image for the window/level sliders.
         *
         *     Parameters
         *     ----------
         *     lowest, highest : values that occur.
         *     low, high : the window that is shown when nothing is asked for.
         *     counts : a histogram of 256 bars from lowest to highest.
         */
        WindowLevel: {
            /** Counts */
            counts: number[];
            /** Dtype */
            dtype: string;
            /** High */
            high: number;
            /** Highest */
            highest: number;
            /** Low */
            low: number;
            /** Lowest */
            lowest: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Accept = components['schemas']['Accept'];
export type Annotating = components['schemas']['Annotating'];
export type Augmented = components['schemas']['Augmented'];
export type Augmenting = components['schemas']['Augmenting'];
export type BodyImportModel = components['schemas']['Body_import_model'];
export type BodyPredictUploads = components['schemas']['Body_predict_uploads'];
export type BodyUpload = components['schemas']['Body_upload'];
export type BoxRegion = components['schemas']['BoxRegion'];
export type Browse = components['schemas']['Browse'];
export type Camera = components['schemas']['Camera'];
export type Capture = components['schemas']['Capture'];
export type CaptureStart = components['schemas']['CaptureStart'];
export type CheckRequest = components['schemas']['CheckRequest'];
export type ClassChange = components['schemas']['ClassChange'];
export type ClassFacts = components['schemas']['ClassFacts'];
export type ClassOrder = components['schemas']['ClassOrder'];
export type Correcting = components['schemas']['Correcting'];
export type CorrectionPreview = components['schemas']['CorrectionPreview'];
export type Counts = components['schemas']['Counts'];
export type Curves = components['schemas']['Curves'];
export type DeviceFacts = components['schemas']['DeviceFacts'];
export type DoneChange = components['schemas']['DoneChange'];
export type EstimateFacts = components['schemas']['EstimateFacts'];
export type Evaluating = components['schemas']['Evaluating'];
export type Evaluation = components['schemas']['Evaluation'];
export type Export = components['schemas']['Export'];
export type Failure = components['schemas']['Failure'];
export type FileEntry = components['schemas']['FileEntry'];
export type FindingFacts = components['schemas']['FindingFacts'];
export type Findings = components['schemas']['Findings'];
export type FindingState = components['schemas']['FindingState'];
export type Fix = components['schemas']['Fix'];
export type Folder = components['schemas']['Folder'];
export type FolderPredicting = components['schemas']['FolderPredicting'];
export type FormatFacts = components['schemas']['FormatFacts'];
export type GalleryPage = components['schemas']['GalleryPage'];
export type History = components['schemas']['History'];
export type HistoryEntry = components['schemas']['HistoryEntry'];
export type Image = components['schemas']['Image'];
export type ImageIds = components['schemas']['ImageIds'];
export type ImageRow = components['schemas']['ImageRow'];
export type Import = components['schemas']['Import'];
export type ImportPreview = components['schemas']['ImportPreview'];
export type InferenceChange = components['schemas']['InferenceChange'];
export type Job = components['schemas']['Job'];
export type JudgedImage = components['schemas']['JudgedImage'];
export type Labelled = components['schemas']['Labelled'];
export type Labelling = components['schemas']['Labelling'];
export type Latency = components['schemas']['Latency'];
export type Level = components['schemas']['Level'];
export type Limits = components['schemas']['Limits'];
export type LiveAnswer = components['schemas']['LiveAnswer'];
export type LivePredictions = components['schemas']['LivePredictions'];
export type Log = components['schemas']['Log'];
export type Login = components['schemas']['Login'];
export type MaskRegion = components['schemas']['MaskRegion'];
export type MethodFacts = components['schemas']['MethodFacts'];
export type MetricFacts = components['schemas']['MetricFacts'];
export type NewClass = components['schemas']['NewClass'];
export type NewProject = components['schemas']['NewProject'];
export type NewRun = components['schemas']['NewRun'];
export type Parameter = components['schemas']['Parameter'];
export type PointRegion = components['schemas']['PointRegion'];
export type PolygonRegion = components['schemas']['PolygonRegion'];
export type PolylineRegion = components['schemas']['PolylineRegion'];
export type Predicting = components['schemas']['Predicting'];
export type Prediction = components['schemas']['Prediction'];
export type Project = components['schemas']['Project'];
export type ProjectChange = components['schemas']['ProjectChange'];
export type ProjectSummary = components['schemas']['ProjectSummary'];
export type Removing = components['schemas']['Removing'];
export type Reviewing = components['schemas']['Reviewing'];
export type Roi = components['schemas']['Roi'];
export type RotatedBoxRegion = components['schemas']['RotatedBoxRegion'];
export type Rows = components['schemas']['Rows'];
export type Run = components['schemas']['Run'];
export type RunChange = components['schemas']['RunChange'];
export type RunCheck = components['schemas']['RunCheck'];
export type RunChecked = components['schemas']['RunChecked'];
export type SampledImage = components['schemas']['SampledImage'];
export type Samples = components['schemas']['Samples'];
export type ScoredPoint = components['schemas']['ScoredPoint'];
export type Selection = components['schemas']['Selection'];
export type Serving = components['schemas']['Serving'];
export type ServingFacts = components['schemas']['ServingFacts'];
export type Session = components['schemas']['Session'];
export type SizeRow = components['schemas']['SizeRow'];
export type Sizes = components['schemas']['Sizes'];
export type Skipped = components['schemas']['Skipped'];
export type Snippet = components['schemas']['Snippet'];
export type Sorted = components['schemas']['Sorted'];
export type SplitRule = components['schemas']['SplitRule'];
export type Splitting = components['schemas']['Splitting'];
export type Step = components['schemas']['Step'];
export type StepPoint = components['schemas']['StepPoint'];
export type StepState = components['schemas']['StepState'];
export type SuggestedSetting = components['schemas']['SuggestedSetting'];
export type SuggestedSettings = components['schemas']['SuggestedSettings'];
export type Suggesting = components['schemas']['Suggesting'];
export type TimedChoice = components['schemas']['TimedChoice'];
export type Undoing = components['schemas']['Undoing'];
export type Uploaded = components['schemas']['Uploaded'];
export type Where = components['schemas']['Where'];
export type WholeRegion = components['schemas']['WholeRegion'];
export type WindowLevel = components['schemas']['WindowLevel'];
export type $defs = Record<string, never>;
export interface operations {
    list_devices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceFacts"][];
                };
            };
        };
    };
    browse: {
        parameters: {
            query?: {
                path?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Folder"];
                };
            };
        };
    };
    file_picture: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
        };
    };
    list_formats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FormatFacts"][];
                };
            };
        };
    };
    list_methods: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MethodFacts"][];
                };
            };
        };
    };
    list_projects: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectSummary"][];
                };
            };
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    read_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    remove_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    change_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    augmentation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Augmenting"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Augmented"];
                };
            };
        };
    };
    list_cameras: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"][];
                };
            };
        };
    };
    capture_state: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capture"];
                };
            };
        };
    };
    open_capture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaptureStart"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capture"];
                };
            };
        };
    };
    close_capture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capture"];
                };
            };
        };
    };
    capture_frame: {
        parameters: {
            query?: {
                side?: number;
            };
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
        };
    };
    take_shot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Uploaded"];
                };
            };
        };
    };
    start_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    list_classes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassFacts"][];
                };
            };
        };
    };
    add_class: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewClass"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    remove_class: {
        parameters: {
            query?: {
                /** @description The browser window's own id. */
                window?: string;
            };
            header?: never;
            path: {
                /** @description Id of a class. */
                id: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    change_class: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a class. */
                id: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClassChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    order_classes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClassOrder"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    start_correction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Correcting"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    preview_correction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CorrectionPreview"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
        };
    };
    events: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
        };
    };
    start_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Export"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    download_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file: string;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
        };
    };
    findings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Findings"];
                };
            };
        };
    };
    set_finding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a finding. */
                finding: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FindingState"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FindingFacts"];
                };
            };
        };
    };
    fix_finding: {
        parameters: {
            query?: {
                /** @description The browser window's own id. */
                window?: string;
            };
            header?: never;
            path: {
                /** @description Id of a finding. */
                finding: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    gallery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Browse"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryPage"];
                };
            };
        };
    };
    gallery_ids: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Sorted"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageIds"];
                };
            };
        };
    };
    gallery_rows: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rows"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageRow"][];
                };
            };
        };
    };
    history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
        };
    };
    read_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    annotate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Annotating"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    picture: {
        parameters: {
            query?: {
                high?: number | null;
                low?: number | null;
                /** @description Longest side, pixels; 0 keeps the image's size. */
                side?: number;
                /** @description The image's version; makes the answer keepable. */
                v?: string;
            };
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                    "image/png": unknown;
                };
            };
        };
    };
    thumbnail: {
        parameters: {
            query?: {
                side?: number;
                /** @description The image's version; makes the answer keepable. */
                v?: string;
            };
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                    "image/png": unknown;
                };
            };
        };
    };
    image_tile: {
        parameters: {
            query?: {
                high?: number | null;
                low?: number | null;
                /** @description The image's version; makes the answer keepable. */
                v?: string;
            };
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                level: number;
                /** @description Id of a project. */
                project: string;
                x: number;
                y: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                    "image/png": unknown;
                };
            };
        };
    };
    window_level: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WindowLevel"];
                };
            };
        };
    };
    accept_predictions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Accept"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    label_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Labelling"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    remove_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Removing"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    review_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reviewing"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    set_roi: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Roi"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    split_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Splitting"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    start_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Import"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    preview_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Import"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportPreview"];
                };
            };
        };
    };
    list_jobs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"][];
                };
            };
        };
    };
    read_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a job. */
                job: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    cancel_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a job. */
                job: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    redo: {
        parameters: {
            query?: {
                /** @description The browser window's own id. */
                window?: string;
            };
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"][];
                };
            };
        };
    };
    start_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRun"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    read_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    remove_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    change_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    run_curves: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Curves"];
                };
            };
        };
    };
    evaluate_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Evaluating"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
        };
    };
    heatmap: {
        parameters: {
            query?: {
                high?: number | null;
                low?: number | null;
                side?: number;
                v?: string;
            };
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": unknown;
                };
            };
        };
    };
    prediction: {
        parameters: {
            query?: {
                /** @description JSON object of inference settings that differ from the run's. */
                inference?: string;
            };
            header?: never;
            path: {
                /** @description Id of an image. */
                image: number;
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Prediction"];
                };
            };
        };
    };
    change_inference: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InferenceChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    measure_latency: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Latency"];
                };
            };
        };
    };
    run_log: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Log"];
                };
            };
        };
    };
    download_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
        };
    };
    download_onnx: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
        };
    };
    predict_uploads: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["Body_predict_uploads"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LivePredictions"];
                };
            };
        };
    };
    predict_folder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FolderPredicting"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LivePredictions"];
                };
            };
        };
    };
    start_predictions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Predicting"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    report_page: {
        parameters: {
            query?: {
                split?: string;
            };
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": unknown;
                };
            };
        };
    };
    report_json: {
        parameters: {
            query?: {
                split?: string;
            };
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    resume_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    run_samples: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Samples"];
                };
            };
        };
    };
    snippets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snippet"][];
                };
            };
        };
    };
    stop_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
                /** @description Number of a run. */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    check_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunCheck"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunChecked"];
                };
            };
        };
    };
    import_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["Body_import_model"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    plan_serving: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Serving"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingFacts"];
                };
            };
        };
    };
    sizes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sizes"];
                };
            };
        };
    };
    split_by_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SplitRule"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    start_suggestions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Suggesting"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    read_suggestions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a job. */
                job: number;
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuggestedSettings"];
                };
            };
        };
    };
    undo: {
        parameters: {
            query?: {
                /** @description The browser window's own id. */
                window?: string;
            };
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoneChange"];
                };
            };
        };
    };
    upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a project. */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["Body_upload"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Uploaded"];
                };
            };
        };
    };
    session_facts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
